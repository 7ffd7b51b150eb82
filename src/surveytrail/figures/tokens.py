"""The text of a figure in parts, each with the class that the audit of documents asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from surveyspec.locales import LOCALES
from surveyspec.problems import Problem, StudyError, listed
from surveyspec.study import CONFIG

TokenClass = Literal["R", "P", "C", "S"]
# Words that the figure itself adds. `{...}` are filled with parts that have a class of their own.
WORDS: dict[str, dict[str, str]] = {
    "interval": {
        "en": "Lines: {level} confidence intervals, model-based",
        "fr": "Traits\u202f: intervalles de confiance à {level}, fondés sur un modèle",
        "de": "Linien: Konfidenzintervalle zu {level}, modellbasiert",
        "it": "Linee: intervalli di confidenza al {level}, basati su un modello",
    },
    "base": {"en": "n = {least} to {most}", "fr": "n = {least} à {most}", "de": "n = {least} bis {most}",
             "it": "n = da {least} a {most}"},
    "one_base": {"en": "n = {most}", "fr": "n = {most}", "de": "n = {most}", "it": "n = {most}"},
    "unweighted": {"en": "unweighted", "fr": "non pondéré", "de": "ungewichtet", "it": "non ponderato"},
    "synthetic": {"en": "Synthetic data", "fr": "Données synthétiques", "de": "Synthetische Daten",
                  "it": "Dati sintetici"},
    "colon": {language: locale.colon for language, locale in LOCALES.items()},
    "semicolon": {language: locale.semicolon for language, locale in LOCALES.items()},
    "bootstrap": {
        "en": "Lines: {level} bootstrap intervals, {draws} samples, model-based",
        "fr": "Traits\u202f: intervalles bootstrap à {level}, {draws} échantillons, fondés sur un modèle",
        "de": "Linien: Bootstrap-Intervalle zu {level}, {draws} Stichproben, modellbasiert",
        "it": "Linee: intervalli bootstrap al {level}, {draws} campioni, basati su un modello",
    },
    "alt_dots": {
        "en": "Dot plot: {title}. Values with their intervals.",
        "fr": "Graphique à points\u202f: {title}. Valeurs avec leurs intervalles.",
        "de": "Punktdiagramm: {title}. Werte mit ihren Intervallen.",
        "it": "Grafico a punti: {title}. Valori con i loro intervalli.",
    },
    "alt_stacked_bars": {
        "en": "Stacked bars: {title}. Shares of the answers with their intervals.",
        "fr": "Barres empilées\u202f: {title}. Parts des réponses avec leurs intervalles.",
        "de": "Gestapelte Balken: {title}. Anteile der Antworten mit ihren Intervallen.",
        "it": "Barre impilate: {title}. Quote delle risposte con i loro intervalli.",
    },
    "alt_ranks": {
        "en": "Ranks: {title}. Ranks with their intervals.",
        "fr": "Rangs\u202f: {title}. Rangs avec leurs intervalles.",
        "de": "Ränge: {title}. Ränge mit ihren Intervallen.",
        "it": "Ranghi: {title}. Ranghi con i loro intervalli.",
    },
    "alt_forest": {
        "en": "Forest plot: {title}. Effects with their intervals.",
        "fr": "Graphique en forêt\u202f: {title}. Effets avec leurs intervalles.",
        "de": "Forest-Plot: {title}. Effekte mit ihren Intervallen.",
        "it": "Forest plot: {title}. Effetti con i loro intervalli.",
    },
    "alt_specification_curve": {
        "en": "Specification curve: {title}.",
        "fr": "Courbe des spécifications\u202f: {title}.",
        "de": "Spezifikationskurve: {title}.",
        "it": "Curva delle specificazioni: {title}.",
    },
    "alt_weighting": {
        "en": "Dot plot: {title}. Shares in the population, before and after weighting.",
        "fr": "Graphique à points\u202f: {title}. Parts dans la population, avant et après pondération.",
        "de": "Punktdiagramm: {title}. Anteile in der Grundgesamtheit, vor und nach Gewichtung.",
        "it": "Grafico a punti: {title}. Quote nella popolazione, prima e dopo la ponderazione.",
    },
    "reported": {"en": "as reported", "fr": "valeur publiée", "de": "wie berichtet", "it": "come riportato"},
    "other_specifications": {
        "en": "other decisions",
        "fr": "autres décisions",
        "de": "andere Entscheidungen",
        "it": "altre decisioni",
    },
    "reported_value": {
        "en": "Reported: {value}.",
        "fr": "Valeur publiée\u202f: {value}.",
        "de": "Berichtet: {value}.",
        "it": "Riportato: {value}.",
    },
    "specifications": {
        "en": "{count} specifications, {smallest} to {largest}; the interval holds the reported value in {covering}",
        "fr": "{count} spécifications, de {smallest} à {largest}\u202f; l’intervalle contient la valeur publiée dans "
        "{covering}",
        "de": "{count} Spezifikationen, von {smallest} bis {largest}; das Intervall enthält den berichteten Wert bei "
        "{covering}",
        "it": "{count} specificazioni, da {smallest} a {largest}; l’intervallo contiene il valore riportato in "
        "{covering}",
    },
    "margin_target": {"en": "population", "fr": "population", "de": "Grundgesamtheit", "it": "popolazione"},
    "margin_before": {"en": "before", "fr": "avant", "de": "vorher", "it": "prima"},
    "margin_after": {"en": "after", "fr": "après", "de": "nachher", "it": "dopo"},
    "weighting_cost": {
        "en": "{n} weighted; design effect {deff}; they carry the information of {n_effective} unweighted ones",
        "fr": "{n} pondérés\u202f; effet de plan {deff}\u202f; autant d’information que {n_effective} non pondérés",
        "de": "{n} gewichtet; Designeffekt {deff}; so viel Information wie {n_effective} ungewichtete",
        "it": "{n} ponderati; effetto del disegno {deff}; tanta informazione quanta {n_effective} non ponderati",
    },
    "alt_flow": {
        "en": "Flow diagram: {title}.",
        "fr": "Diagramme de flux\u202f: {title}.",
        "de": "Flussdiagramm: {title}.",
        "it": "Diagramma di flusso: {title}.",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A piece of text and where it comes from.

    Parameters
    ----------
    kind : R (result), P (parameter of the study), C (label of config or codebook), S (made by the figure itself)
    source : number id, key path, or the name of what made it
    show : which text of a number: value, interval, n or level for R, label for C
    """

    kind: TokenClass
    text: str
    source: str
    show: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the token as the figure's manifest lists it."""
        return {"class": self.kind, **{name: value for name, value in asdict(self).items() if name != "kind" and value}}


Line = tuple[Token, ...]


def line_text(line: Sequence[Token]) -> str:
    """Join the tokens of a line."""
    return "".join(token.text for token in line)


def words(key: str, language: str, **parts: Sequence[Token]) -> Line:
    """Return the figure's own words in a language, with tokens in the places of ``{...}``.

    Raises
    ------
    StudyError : the figure has no words in this language
    """
    texts = WORDS[key]
    if language not in texts:
        raise StudyError(
            Problem(CONFIG, "report.languages", f"'{language}'", f"a language that figures can speak: {listed(texts)}",
                    "leave this language out of 'report: languages:', or add its words to surveytrail.figures.tokens")
        )  # fmt: skip
    tokens: list[Token] = []
    for piece in texts[language].replace("}", "{").split("{"):
        if piece in parts:
            tokens.extend(parts[piece])
        elif piece:
            tokens.append(Token("S", piece, f"figure words: {key}"))
    return tuple(tokens)


def sign(text: str) -> Token:
    """Return punctuation that the figure adds."""
    return Token("S", text, "punctuation")


def separated(lines: Sequence[Sequence[Token]], separator: Sequence[Token]) -> Line:
    """Join lines into one, with a separator between them."""
    tokens: list[Token] = []
    for line in lines:
        if tokens:
            tokens.extend(separator)
        tokens.extend(line)
    return tuple(tokens)


def wrapped(line: Sequence[Token], characters: int) -> list[Line]:
    """Break a line at spaces, so that no line is longer than a number of characters where words allow it."""
    pieces = [replace(token, text=part) for token in line for part in re.findall(r" +|[^ ]+", token.text)]
    lines: list[list[Token]] = [[]]
    for word in _unbroken(pieces):
        length = len(line_text(lines[-1])) + len(line_text(word))
        if lines[-1] and length > characters:
            lines.append([])
        lines[-1].extend(word if lines[-1] else [piece for piece in word if piece.text.strip()])
    return [_merged(part) for part in lines]


def _unbroken(pieces: Sequence[Token]) -> list[list[Token]]:
    """Group pieces that no space parts: a space begins a group."""
    groups: list[list[Token]] = [[]]
    for piece in pieces:
        if piece.text.startswith(" ") and groups[-1]:
            groups.append([])
        groups[-1].append(piece)
    return groups


def _merged(pieces: Sequence[Token]) -> Line:
    """Join neighbouring pieces of one token."""
    merged: list[Token] = []
    for piece in pieces:
        if merged and replace(merged[-1], text="") == replace(piece, text=""):
            merged[-1] = replace(piece, text=merged[-1].text + piece.text)
        else:
            merged.append(piece)
    return tuple(merged)
