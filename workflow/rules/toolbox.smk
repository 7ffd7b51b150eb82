if STUDY.toolbox is not None:

    rule benchmark_peers:
        """Collect the figures of peers from the ledger."""
        input:
            ledger="results/ledger/ledger.parquet",
        output:
            peers="results/toolbox/peers.json",
        log:
            "results/logs/benchmark_peers.log",
        params:
            study=slices.toolbox_slice(STUDY) + slices.section_slice(STUDY, "estimates"),
            code=code("benchmark_peers.py"),
            lock=LOCK,
        script:
            "../../scripts/benchmark_peers.py"

    rule render_toolbox:
        """Write the interactive page and the reports of the example firms."""
        input:
            peers="results/toolbox/peers.json",
            example=(
                [STUDY.config.toolbox.example] if STUDY.config.toolbox.example else []
            ),
        output:
            page="results/report/toolbox.html",
            example=directory("results/toolbox/example"),
        log:
            "results/logs/render_toolbox.log",
        params:
            study=slices.toolbox_slice(STUDY)
            + slices.section_slice(STUDY, "study", "estimates", "toolbox"),
            status=wave_status(STUDY, STUDY.toolbox.wave.id),
            assets=file_digests(asset_files()),
            code=code("render_toolbox.py"),
            lock=LOCK,
        script:
            "../../scripts/render_toolbox.py"
