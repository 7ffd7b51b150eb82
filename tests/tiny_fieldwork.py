"""The tiny study with dispositions of two frames and with coded interviews, all worked out by hand."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.tiny import CONFIG, write_tiny

# frame "members": 10 invited; "others": 20 invited
DISPOSITIONS = """\
frame,wave,disposition,count,status,source
members,w1,complete,4,synthetic,made for tests
members,w1,partial,1,synthetic,made for tests
members,w1,refused,1,synthetic,made for tests
members,w1,broke_off,1,synthetic,made for tests
members,w1,screened_out,1,synthetic,made for tests
members,w1,undelivered,1,synthetic,made for tests
members,w1,no_reply,1,synthetic,made for tests
others,w1,complete,2,synthetic,made for tests
others,w1,partial,0,synthetic,made for tests
others,w1,refused,3,synthetic,made for tests
others,w1,broke_off,0,synthetic,made for tests
others,w1,screened_out,2,synthetic,made for tests
others,w1,undelivered,3,synthetic,made for tests
others,w1,no_reply,9,synthetic,made for tests
others,w1,other,1,synthetic,made for tests
"""
FRAMES = """\
    dispositions:
      file: data/raw/dispositions.csv
      frames: {members: {en: Members}, others: {en: Others}}
      complete_is: analysed
"""
INTERVIEWS = """\
interviews:
  metadata: data/raw/interviews_metadata.csv
  segments: data/raw/interview_segments.csv
  codebook: data/codebooks/interviews.yaml
  quoted: [PAPER]
  occurs_if: any_coder
  seed: 7
  draws: 200
"""
CODEBOOK = """\
title: {en: Tiny interviews}
languages: [en]
codes:
  - {code: BAR.TIME, label: {en: Lack of time}}
  - {code: BAR.TRUST, label: {en: Lack of trust}}
  - {code: WAIT, label: {en: Waiting}}
  - {code: NEVER, label: {en: Never given}}
"""
METADATA = """\
iv_id,date,language,coder1,coder2
A,2015-05-01,de,K1,K2
B,2015-05-02,fr,K2,K3
C,2015-05-03,it,K1,
"""
# segment: codes of the first and the second coder
#   A1  TIME        TIME
#   A2  TIME TRUST  TRUST
#   A3  WAIT        (none)
#   B1  TIME        TIME
#   B2  (none)      WAIT
#   C1  TIME        (one coder only: cannot be paired)
SEGMENTS = """\
iv_id,seg_id,start,end,language,text,code,coder,status
PAPER,P1,,,en,They never asked us,BAR.TRUST,project,real
A,A1,0,9,de,"No time, sorry",BAR.TIME,K1,synthetic
A,A1,0,9,de,"No time, sorry",BAR.TIME,K2,synthetic
A,A2,9,20,de,Neither time nor trust,BAR.TIME,K1,synthetic
A,A2,9,20,de,Neither time nor trust,BAR.TRUST,K1,synthetic
A,A2,9,20,de,Neither time nor trust,BAR.TRUST,K2,synthetic
A,A3,20,30,de,We wait and see,WAIT,K1,synthetic
B,B1,0,8,fr,Pas le temps,BAR.TIME,K2,synthetic
B,B1,0,8,fr,Pas le temps,BAR.TIME,K3,synthetic
B,B2,8,15,fr,On attend,,K2,synthetic
B,B2,8,15,fr,On attend,WAIT,K3,synthetic
C,C1,0,7,it,Non c'è tempo,BAR.TIME,K1,synthetic
"""
FILES = {
    "data/raw/dispositions.csv": DISPOSITIONS,
    "data/raw/interviews_metadata.csv": METADATA,
    "data/raw/interview_segments.csv": SEGMENTS,
}


def write_fieldwork(
    folder: Path,
    *,
    frames: str = FRAMES,
    interviews: str = INTERVIEWS,
    codebook: str = CODEBOOK,
    page: str | None = None,
    **files: str,
) -> Path:
    """Write the study and return its folder.

    Parameters
    ----------
    files : content of ``dispositions``, ``metadata`` or ``segments`` instead of the usual one
    """
    config = CONFIG.replace("    weights:\n      raked:", f"{frames}    weights:\n      raked:")
    config = config.replace("report:\n", f"{interviews}report:\n")
    write_tiny(folder, config=config, **({} if page is None else {"page": page}))
    (folder / "data/codebooks/interviews.yaml").write_text(codebook, encoding="utf-8")
    names = dict(zip(("dispositions", "metadata", "segments"), FILES, strict=True))
    manifest = folder / "data/raw/MANIFEST.yaml"
    for key, name in names.items():
        content = files.get(key, FILES[name]).encode()
        (folder / name).write_bytes(content)
        entry = (
            f"  - path: {name}\n    sha256: {hashlib.sha256(content).hexdigest()}\n    bytes: {len(content)}\n"
            f"    kind: {key}\n    status: synthetic\n    source: made for tests\n    licence: CC0-1.0\n"
            f"    description: tiny\n"
        )
        manifest.write_text(manifest.read_text(encoding="utf-8") + entry, encoding="utf-8")
    return folder
