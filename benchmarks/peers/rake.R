# Raking to three margins: rake().
source(file.path(dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE))), "read.R"))
margins <- c("margin0", "margin1", "margin2")
data <- as.data.frame(lapply(setNames(margins, margins), function(name) factor(array_of(name))))
population <- lapply(margins, function(name) {
  totals <- array_of(paste0(name, "_targets"))
  setNames(data.frame(factor(seq_along(totals) - 1), totals), c(name, "Freq"))
})
d <- svydesign(id = ~1, weights = weights, data = data)
seconds <- system.time(
  r <- rake(d, lapply(margins, function(name) reformulate(name)), population, control = list(maxit = 500, epsilon = 1e-9, verbose = FALSE))
)
finish(seconds, weights(r))
