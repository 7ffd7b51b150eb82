# Means by domain with standard errors from replicate weights: svyby(..., svymean).
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "read.R"))
items <- as.data.frame(matrix_of("items"))
reps <- matrix_of("replicates")
d <- svrepdesign(weights = ~w, repweights = reps, data = cbind(w = weights, dom = array_of("domain"), items), type = "other",
                 combined.weights = TRUE, scale = 1 / (ncol(reps) - 1), rscales = rep(1, ncol(reps)))
seconds <- system.time(r <- svyby(make.formula(names(items)), ~dom, d, svymean))
finish(seconds, as.matrix(SE(r)))
