# Input-Time Scaling: does the persona written into a question move accuracy, in training and in testing?
#
# Data flows down the list of includes. Every artifact is results/<stage>/<what it is made of>;
# `snakemake -n PATH` lists what one of them needs, `snakemake price` says what a plan costs, and
# `snakemake power` what it can detect.
# config/README.md explains every key.
#
# After a change to data code: `snakemake sets`, `snakemake data`, then `snakemake`. Rows that come
# out equal then spare the GPUs; in one go Snakemake plans the GPU jobs before it can know.
from snakemake.utils import min_version

min_version("9.25")


configfile: "config/config.yaml"


report: "report/workflow.rst"


pathvars:
    text="{set}{draw}/{strategy}{persona}",
    trained="{model}/{sample}{draw}-{strategy}{persona}-{recipe}-s{seed}",
    cell="{model}/{learner}/{benchmark}/{strategy}{persona}",
    ballot="{vote}/{benchmark}/{strategy}{persona}",
    logs="results/logs",
    benchmarks="results/timings",


include: "rules/common.smk"
include: "rules/plans.smk"
include: "rules/price.smk"
include: "rules/preflight.smk"
include: "rules/sets.smk"
include: "rules/models.smk"
include: "rules/personas.smk"
include: "rules/refine.smk"
include: "rules/train.smk"
include: "rules/generate.smk"
include: "rules/score.smk"
include: "rules/report.smk"
include: "rules/pages.smk"
include: "rules/export.smk"
include: "rules/wildcards.smk"  # after the rules of all stages, see there


onstart:
    check_submission()
    note_run(Path(workflow.basedir))


localrules:
    all,
    sets,
    data,
    tables,
    price,
    power,
    preflight,
    export,
    retrain,
    price_plan,
    power_plan,
    fetch_source,  # compute nodes often have no internet
    fetch_model,
    keep_epoch,
    export_set,  # links and small copies
    export_model,
    release_weights,


rule all:
    default_target: True
    input:
        planned_tables,
        collect("<results>/report/{plan}/index.html", plan=config["plan"]),
        planned_releases,


rule sets:
    input:
        planned_sets,


rule data:
    input:
        planned_data,


rule tables:
    input:
        planned_tables,


rule export:
    input:
        planned_export,


# With `--forcerun train`: what was released has manifests, and is not missing.
rule retrain:
    input:
        planned_retrainings,


include: "rules/targets.smk"  # last, see there
