# Design-based figures by R's survey package (Lumley 2004), from tables that the second engine writes: the records with
# their values, margins and what to compute. Reads and writes CSV only; called by by_r.py with the folder as its argument.
suppressPackageStartupMessages(library(survey))
folder <- commandArgs(TRUE)[1]
read <- function(name) read.csv(file.path(folder, name), stringsAsFactors = FALSE, colClasses = c(id = "character"))
records <- read.csv(file.path(folder, "records.csv"))
weights_declared <- read("weights.csv")
margins <- read("margins.csv")
wanted <- read("wanted.csv")

# A raked design: everybody is drawn alike, the population is a domain, and its margins are met by raking.
raked <- function(one) {
  own <- margins[margins$id == one$id, ]
  columns <- unique(own$column)
  for (column in columns) records[[column]] <- factor(records[[column]])
  drawn <- svydesign(ids = ~1, weights = ~1, data = records)
  drawn <- subset(drawn, records[[one$column]] == 1)
  totals <- lapply(columns, function(column) {
    level <- own[own$column == column, ]
    setNames(data.frame(factor(level$level), level$total), c(column, "Freq"))
  })
  met <- rake(drawn, lapply(columns, function(column) as.formula(paste0("~", column))), totals,
              control = list(maxit = 1000, epsilon = 1e-12))
  if (is.na(one$upper)) return(met)
  bound <- one$upper * (if (one$relative_to == "median") median(weights(met)) else mean(weights(met)))
  if (any(weights(met) > bound)) trimWeights(met, upper = bound, strict = TRUE) else met
}

design_of <- function(one) switch(one$method,
  none = svydesign(ids = ~1, weights = ~1, data = records),
  column = svydesign(ids = ~1, weights = records[[one$column]], data = records),
  raked = raked(one))

# A design that carries only what one figure reads: taking domains copies every column.
slim <- function(design, columns) {
  design$variables <- design$variables[columns]
  design
}

mean_of <- function(design, one) {
  design <- slim(design, c(one$inside, one$y))
  base <- subset(design, design$variables[[one$inside]] == 1 & !is.na(design$variables[[one$y]]))
  # calibrated designs keep records outside a domain, with a weight of 0 that must not meet a missing value
  base$variables[[one$y]][is.na(base$variables[[one$y]])] <- 0
  found <- svymean(as.formula(paste0("~", one$y)), base)
  c(value = as.numeric(coef(found)), se = as.numeric(SE(found)))
}

test_of <- function(design, one) {
  design <- slim(design, unique(c(one$inside, one$x, one$y)))
  base <- subset(design, design$variables[[one$inside]] == 1)
  found <- svychisq(as.formula(paste0("~", one$x, "+", one$y)), base, statistic = "F")
  df <- as.numeric(found$parameter)
  log_p <- pf(as.numeric(found$statistic), df[1], df[2], lower.tail = FALSE, log.p = TRUE)
  c(statistic = as.numeric(found$statistic), df1 = df[1], df2 = df[2], log_p = log_p)
}

found <- list()
for (place in seq_len(nrow(weights_declared))) {
  one <- weights_declared[place, ]
  design <- design_of(one)
  for (row in which(wanted$weight == one$id)) {
    ask <- wanted[row, ]
    figures <- if (ask$kind == "mean") mean_of(design, ask) else test_of(design, ask)
    found[[length(found) + 1]] <- data.frame(id = ask$id, figure = names(figures), value = sprintf("%.17g", figures))
  }
}
write.csv(do.call(rbind, found), file.path(folder, "found.csv"), row.names = FALSE, quote = FALSE)
writeLines(paste0("R ", getRversion(), ", survey ", packageVersion("survey")), file.path(folder, "versions.txt"))
