"""Collect the figures of peers from the ledger."""

import json
from pathlib import Path

from surveyspec.study import load_study
from surveytrail.frames import read_frame, write_whole
from surveytrail.jobs import logged
from surveytrail.toolbox.peers import find_peers

with logged(snakemake.log[0]):
    study = load_study(Path.cwd())
    peers = find_peers(study, study.toolbox, read_frame(Path(snakemake.input.ledger)))
    content = json.dumps(peers.as_json(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_whole(Path(snakemake.output.peers), content.encode())
