"""Run the second engine on the raw files and the ledger."""

import subprocess
import sys
from pathlib import Path

command = [sys.executable, "-m", "recount", "--directory", ".", "--ledger", snakemake.input.ledger]
command += ["--out", str(Path(snakemake.output.summary).parent)]
with Path(snakemake.log[0]).open("w", encoding="utf-8") as log:
    sys.exit(subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False).returncode)
