INTERVIEW_FILES = (
    [
        "results/interviews/interviews.parquet",
        "results/interviews/interviews_edges.parquet",
        "results/interviews/interviews_row_sets.parquet",
    ]
    if STUDY.config.interviews is not None
    else []
)

if INTERVIEW_FILES:

    rule analyse_interviews:
        """Count in how many interviews each code occurs, and how far the coders agree."""
        input:
            metadata=STUDY.config.interviews.metadata,
            segments=STUDY.config.interviews.segments,
        output:
            INTERVIEW_FILES,
        log:
            "results/logs/analyse_interviews.log",
        params:
            study=slices.interviews_slice(STUDY),
            code=code("analyse_interviews.py"),
            lock=LOCK,
        script:
            "../../scripts/analyse_interviews.py"
