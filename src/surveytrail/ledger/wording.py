"""Labels of what the engine itself counts, per language; everything else is labelled by config and codebook."""

from __future__ import annotations

FLOW = {
    "records": {
        "en": "Records in the raw file",
        "fr": "Enregistrements du fichier brut",
        "de": "Datensätze in der Rohdatei",
        "it": "Record nel file grezzo",
    },
    "excluded": {"en": "Excluded", "fr": "Exclus", "de": "Ausgeschlossen", "it": "Esclusi"},
    "analysed": {
        "en": "Records analysed",
        "fr": "Enregistrements analysés",
        "de": "Ausgewertete Datensätze",
        "it": "Record analizzati",
    },
}
WEIGHTING = {
    "n": {
        "en": "Records with a weight",
        "fr": "Enregistrements pondérés",
        "de": "Gewichtete Datensätze",
        "it": "Record ponderati",
    },
    "records_outside": {
        "en": "Records without a weight",
        "fr": "Enregistrements sans pondération",
        "de": "Datensätze ohne Gewicht",
        "it": "Record senza peso",
    },
    "trimmed": {
        "en": "Weights trimmed",
        "fr": "Pondérations tronquées",
        "de": "Gekappte Gewichte",
        "it": "Pesi troncati",
    },
    "deff": {
        "en": "Design effect of weighting (Kish)",
        "fr": "Effet de plan de la pondération (Kish)",
        "de": "Designeffekt der Gewichtung (Kish)",
        "it": "Effetto del disegno (Kish)",
    },
    "n_effective": {
        "en": "Effective sample size (Kish)",
        "fr": "Taille effective de l’échantillon (Kish)",
        "de": "Effektive Stichprobengrösse (Kish)",
        "it": "Numerosità effettiva (Kish)",
    },
    "minimum": {"en": "Smallest weight", "fr": "Plus petit poids", "de": "Kleinstes Gewicht", "it": "Peso minimo"},
    "maximum": {"en": "Largest weight", "fr": "Plus grand poids", "de": "Grösstes Gewicht", "it": "Peso massimo"},
    "margin_target": {"en": "Population", "fr": "Population", "de": "Grundgesamtheit", "it": "Popolazione"},
    "margin_before": {
        "en": "Sample before weighting",
        "fr": "Échantillon avant pondération",
        "de": "Stichprobe vor der Gewichtung",
        "it": "Campione prima della ponderazione",
    },
    "margin_after": {
        "en": "Sample after weighting",
        "fr": "Échantillon après pondération",
        "de": "Stichprobe nach der Gewichtung",
        "it": "Campione dopo la ponderazione",
    },
}
TESTS = {
    "n": {"en": "n", "fr": "n", "de": "n", "it": "n"},
    "p": {"en": "p", "fr": "p", "de": "p", "it": "p"},
    "p_adjusted": {
        "en": "p adjusted (Holm)",
        "fr": "p ajusté (Holm)",
        "de": "p adjustiert (Holm)",
        "it": "p corretto (Holm)",
    },
    "verdict": {"en": "verdict", "fr": "verdict", "de": "Urteil", "it": "verdetto"},
    "df": {"en": "degrees of freedom", "fr": "degrés de liberté", "de": "Freiheitsgrade", "it": "gradi di libertà"},
    "df1": {"en": "numerator df", "fr": "ddl du numérateur", "de": "Zählerfreiheitsgrade", "it": "gdl del numeratore"},
    "df2": {
        "en": "denominator df",
        "fr": "ddl du dénominateur",
        "de": "Nennerfreiheitsgrade",
        "it": "gdl del denominatore",
    },
    "rho": {"en": "Spearman’s ρ", "fr": "ρ de Spearman", "de": "Spearmans ρ", "it": "ρ di Spearman"},
    "r": {"en": "Pearson’s r", "fr": "r de Pearson", "de": "Pearsons r", "it": "r di Pearson"},
    "f": {"en": "Rao–Scott F", "fr": "F de Rao–Scott", "de": "F nach Rao–Scott", "it": "F di Rao–Scott"},
    "cramers_v": {"en": "Cramér’s V", "fr": "V de Cramér", "de": "Cramérs V", "it": "V di Cramér"},
    "chi2": {"en": "χ²", "fr": "χ²", "de": "χ²", "it": "χ²"},
    "t": {"en": "t", "fr": "t", "de": "t", "it": "t"},
    "z": {"en": "z", "fr": "z", "de": "z", "it": "z"},
    "w": {"en": "W", "fr": "W", "de": "W", "it": "W"},
    "u": {"en": "U", "fr": "U", "de": "U", "it": "U"},
    "h": {"en": "H", "fr": "H", "de": "H", "it": "H"},
    "q": {"en": "Q", "fr": "Q", "de": "Q", "it": "Q"},
    "successes": {"en": "number of cases", "fr": "nombre de cas", "de": "Anzahl Fälle", "it": "numero di casi"},
    "cohens_h": {"en": "Cohen’s h", "fr": "h de Cohen", "de": "Cohens h", "it": "h di Cohen"},
    "cohens_d": {"en": "Cohen’s d", "fr": "d de Cohen", "de": "Cohens d", "it": "d di Cohen"},
    "difference": {"en": "difference", "fr": "différence", "de": "Differenz", "it": "differenza"},
    "rank_biserial": {
        "en": "rank-biserial correlation",
        "fr": "corrélation bisériale de rang",
        "de": "rangbiseriale Korrelation",
        "it": "correlazione biseriale dei ranghi",
    },
    "cliffs_delta": {"en": "Cliff’s δ", "fr": "δ de Cliff", "de": "Cliffs δ", "it": "δ di Cliff"},
    "epsilon_squared": {"en": "ε²", "fr": "ε²", "de": "ε²", "it": "ε²"},
    "kendalls_w": {"en": "Kendall’s W", "fr": "W de Kendall", "de": "Kendalls W", "it": "W di Kendall"},
    "eta_squared": {"en": "η²", "fr": "η²", "de": "η²", "it": "η²"},
    "rank": {"en": "rank", "fr": "rang", "de": "Rang", "it": "rango"},
    "indirect_effect": {
        "en": "indirect effect",
        "fr": "effet indirect",
        "de": "indirekter Effekt",
        "it": "effetto indiretto",
    },
    "beta": {
        "en": "standardised coefficient",
        "fr": "coefficient standardisé",
        "de": "standardisierter Koeffizient",
        "it": "coefficiente standardizzato",
    },
    "odds_ratio": {"en": "odds ratio", "fr": "rapport de cotes", "de": "Odds Ratio", "it": "odds ratio"},
}
