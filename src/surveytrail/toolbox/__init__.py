"""The toolbox: one firm's answers scored, set beside its peers of the survey, and turned into recommendations.

``answers`` holds what a firm answered, ``assessment`` scores and advises, ``peers`` says which figures of which peers
may be shown, ``compiled`` gives the same to a browser, ``page`` and ``firm_report`` write what people read.
"""

FIRMS = "results/toolbox/firms"  # where reports of firms go if nothing else is said
