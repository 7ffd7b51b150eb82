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
    "rho": {"en": "Spearman’s ρ", "fr": "ρ de Spearman", "de": "Spearmans ρ", "it": "ρ di Spearman"},
    "f": {
        "en": "Rao–Scott F",
        "fr": "F de Rao–Scott",
        "de": "F nach Rao–Scott",
        "it": "F di Rao–Scott",
    },
    "df": {
        "en": "degrees of freedom",
        "fr": "degrés de liberté",
        "de": "Freiheitsgrade",
        "it": "gradi di libertà",
    },
    "df1": {
        "en": "numerator df",
        "fr": "ddl du numérateur",
        "de": "Zählerfreiheitsgrade",
        "it": "gdl del numeratore",
    },
    "df2": {
        "en": "denominator df",
        "fr": "ddl du dénominateur",
        "de": "Nennerfreiheitsgrade",
        "it": "gdl del denominatore",
    },
    "cramers_v": {"en": "Cramér’s V", "fr": "V de Cramér", "de": "Cramérs V", "it": "V di Cramér"},
}
