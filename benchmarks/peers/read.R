# Arrays of a folder: files of doubles. `result` goes back the same way; the last word printed is the seconds.
suppressMessages(library(survey))
folder <- commandArgs(TRUE)[1]
array_of <- function(name) {
  file <- file.path(folder, name)
  readBin(file, "double", file.info(file)$size / 8)
}
weights <- array_of("weights")
n <- length(weights)
matrix_of <- function(name) matrix(array_of(name), nrow = n)
finish <- function(seconds, figures) {
  writeBin(as.double(figures), file.path(folder, "result"))
  cat(seconds[["elapsed"]], "\n")
}
