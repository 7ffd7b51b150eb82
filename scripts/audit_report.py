"""Account for every digit and number word of the rendered documents; one without an origin fails the run."""

import json
import sys
from pathlib import Path

from surveyspec.study import load_study
from surveytrail.auditing.audit import audit_report
from surveytrail.frames import write_whole
from surveytrail.jobs import logged

with logged(snakemake.log[0]):
    audit = audit_report(load_study(Path.cwd()))
    findings = [*map(str, audit.violations), *audit.differences, *audit.orphans, *audit.inconsistent]
    Path(snakemake.log[0]).write_text("\n".join([*findings, audit.summary()]) + "\n", encoding="utf-8")
    if not audit.ok:
        sys.exit("\n".join([*findings[:20], audit.summary(), f"All of it stands in {snakemake.log[0]}."]))
    report = {"ok": audit.ok, "summary": audit.summary(), **audit.as_json()}
    content = json.dumps(report, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    write_whole(Path(snakemake.output.audit), content.encode())
