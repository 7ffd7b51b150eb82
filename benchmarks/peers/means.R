# Means by domain with linearised standard errors: svyby(..., svymean).
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "read.R"))
items <- as.data.frame(matrix_of("items"))
d <- svydesign(id = ~1, strata = ~h, weights = ~w, data = cbind(w = weights, h = array_of("strata"), dom = array_of("domain"), items))
seconds <- system.time(r <- svyby(make.formula(names(items)), ~dom, d, svymean))
finish(seconds, as.matrix(SE(r)))
