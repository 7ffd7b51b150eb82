RESPONSE_OUTPUTS = [
    "results/{wave}/response.parquet",
    "results/{wave}/response_edges.parquet",
    "results/{wave}/response_row_sets.parquet",
]
RESPONSE_FILES = [
    name.format(wave=wave) for wave in RESPONSE_WAVES for name in RESPONSE_OUTPUTS
]

if RESPONSE_WAVES:

    rule compute_response_rates:
        """Compute AAPOR's response rates of a wave from what became of its invitations."""
        input:
            dispositions=dispositions_file,
            flow="results/{wave}/flow.csv",
        output:
            RESPONSE_OUTPUTS,
        log:
            "results/logs/compute_response_rates.{wave}.log",
        wildcard_constraints:
            wave="|".join(RESPONSE_WAVES),
        params:
            study=lambda wildcards: slices.response_slice(wave_of(wildcards)),
            code=code("compute_response_rates.py"),
            lock=LOCK,
        script:
            "../../scripts/compute_response_rates.py"
