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
ALL_FRAMES = {"en": "All frames", "fr": "Tous les fichiers", "de": "Alle Adressquellen", "it": "Tutte le liste"}
RESPONSE_NUMBERS = {
    "invited": {"en": "Invited", "fr": "Invités", "de": "Eingeladen", "it": "Invitati"},
    "complete": {"en": "Complete", "fr": "Complets", "de": "Vollständig", "it": "Completi"},
    "partial": {"en": "Partial", "fr": "Partiels", "de": "Teilweise ausgefüllt", "it": "Parziali"},
    "refused": {"en": "Refused", "fr": "Refus", "de": "Verweigert", "it": "Rifiuti"},
    "broke_off": {"en": "Broke off", "fr": "Abandons", "de": "Abgebrochen", "it": "Interrotti"},
    "screened_out": {
        "en": "Screened out",
        "fr": "Hors population cible",
        "de": "Nicht in der Zielgruppe",
        "it": "Fuori dalla popolazione",
    },
    "undelivered": {"en": "Undelivered", "fr": "Non remis", "de": "Nicht zustellbar", "it": "Non recapitati"},
    "no_reply": {"en": "No reply", "fr": "Sans réponse", "de": "Keine Reaktion", "it": "Nessuna risposta"},
    "no_contact": {"en": "Not reached", "fr": "Non joints", "de": "Nicht erreicht", "it": "Non raggiunti"},
    "other": {
        "en": "Unable to take part",
        "fr": "Empêchés de participer",
        "de": "An der Teilnahme verhindert",
        "it": "Impossibilitati a partecipare",
    },
    "e": {
        "en": "Estimated eligible share of unknown cases (e)",
        "fr": "Part éligible estimée des cas inconnus (e)",
        "de": "Geschätzter Anteil Teilnahmeberechtigter unter den unbekannten Fällen (e)",
        "it": "Quota stimata di casi idonei tra gli ignoti (e)",
    },
    **{
        f"rr{number}": {
            "en": f"Response rate {number} (AAPOR RR{number})",
            "fr": f"Taux de réponse {number} (AAPOR RR{number})",
            "de": f"Ausschöpfung {number} (AAPOR RR{number})",
            "it": f"Tasso di risposta {number} (AAPOR RR{number})",
        }
        for number in range(1, 7)
    },
    "coop1": {
        "en": "Cooperation rate 1 (AAPOR COOP1)",
        "fr": "Taux de coopération 1 (AAPOR COOP1)",
        "de": "Kooperationsrate 1 (AAPOR COOP1)",
        "it": "Tasso di cooperazione 1 (AAPOR COOP1)",
    },
    "completion": {
        "en": "Completion rate of those who began",
        "fr": "Taux d’achèvement parmi ceux qui ont commencé",
        "de": "Abschlussrate unter den Begonnenen",
        "it": "Tasso di completamento tra chi ha iniziato",
    },
    "break_off": {
        "en": "Break-off rate of those who began",
        "fr": "Taux d’abandon parmi ceux qui ont commencé",
        "de": "Abbruchrate unter den Begonnenen",
        "it": "Tasso di interruzione tra chi ha iniziato",
    },
}
SENSITIVITY = {
    "specifications": {"en": "Specifications", "fr": "Spécifications", "de": "Spezifikationen", "it": "Specificazioni"},
    "smallest": {
        "en": "Smallest estimate of all specifications",
        "fr": "Plus petite estimation des spécifications",
        "de": "Kleinste Schätzung aller Spezifikationen",
        "it": "Stima minima delle specificazioni",
    },
    "largest": {
        "en": "Largest estimate of all specifications",
        "fr": "Plus grande estimation des spécifications",
        "de": "Grösste Schätzung aller Spezifikationen",
        "it": "Stima massima delle specificazioni",
    },
    "covering": {
        "en": "Specifications whose interval holds the reported value",
        "fr": "Spécifications dont l’intervalle contient la valeur publiée",
        "de": "Spezifikationen, deren Intervall den berichteten Wert enthält",
        "it": "Specificazioni il cui intervallo contiene il valore riportato",
    },
    "claim": {
        "en": "Specifications in which the statement holds",
        "fr": "Spécifications où l’énoncé est vérifié",
        "de": "Spezifikationen, in denen die Aussage gilt",
        "it": "Specificazioni in cui l’affermazione vale",
    },
}
INTERVIEW_NUMBERS = {
    "interviews": {"en": "Interviews", "fr": "Entretiens", "de": "Interviews", "it": "Interviste"},
    "segments": {
        "en": "Coded segments",
        "fr": "Segments codés",
        "de": "Codierte Segmente",
        "it": "Segmenti codificati",
    },
    "codes": {
        "en": "Interviews in which it occurs",
        "fr": "Entretiens où il apparaît",
        "de": "Interviews, in denen es vorkommt",
        "it": "Interviste in cui ricorre",
    },
    "alpha": {
        "en": "Agreement of the coders (Krippendorff’s α)",
        "fr": "Accord des codeurs (α de Krippendorff)",
        "de": "Übereinstimmung der Codierenden (Krippendorffs α)",
        "it": "Accordo tra i codificatori (α di Krippendorff)",
    },
    "decisions": {
        "en": "Agreement on all decisions (Krippendorff’s α)",
        "fr": "Accord sur toutes les décisions (α de Krippendorff)",
        "de": "Übereinstimmung bei allen Entscheiden (Krippendorffs α)",
        "it": "Accordo su tutte le decisioni (α di Krippendorff)",
    },
    "code_sets": {
        "en": "Agreement on all codes of a segment (Krippendorff’s α)",
        "fr": "Accord sur tous les codes d’un segment (α de Krippendorff)",
        "de": "Übereinstimmung bei allen Codes eines Segments (Krippendorffs α)",
        "it": "Accordo su tutti i codici di un segmento (α di Krippendorff)",
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
ITEMS = {
    "alpha": {"en": "Cronbach’s α", "fr": "α de Cronbach", "de": "Cronbachs α", "it": "α di Cronbach"},
    "item_mean": {"en": "mean", "fr": "moyenne", "de": "Mittelwert", "it": "media"},
    "item_sd": {
        "en": "standard deviation",
        "fr": "écart-type",
        "de": "Standardabweichung",
        "it": "deviazione standard",
    },
    "item_rest": {
        "en": "correlation with the other items",
        "fr": "corrélation avec les autres items",
        "de": "Korrelation mit den übrigen Items",
        "it": "correlazione con gli altri item",
    },
    "alpha_without": {
        "en": "α without this item",
        "fr": "α sans cet item",
        "de": "α ohne dieses Item",
        "it": "α senza questo item",
    },
    "answered": {"en": "answered", "fr": "répondu", "de": "beantwortet", "it": "risposto"},
    "not_asked": {"en": "not asked", "fr": "non posée", "de": "nicht gefragt", "it": "non chiesta"},
    "not_reached": {"en": "not reached", "fr": "non atteinte", "de": "nicht erreicht", "it": "non raggiunta"},
    "no_answer": {"en": "no answer", "fr": "sans réponse", "de": "keine Antwort", "it": "nessuna risposta"},
    "dont_know": {"en": "don’t know", "fr": "ne sait pas", "de": "weiss nicht", "it": "non so"},
    "implausible": {"en": "implausible", "fr": "invraisemblable", "de": "unplausibel", "it": "implausibile"},
}
