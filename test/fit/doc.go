// Package fit trains the model of internal/inspect/model: the same seed and the same corpora
// give the same bytes. One head is a logistic regression over the windows of documents, fitted
// by AdaGrad: of an honest document the window that looks worst and one by chance, of an
// attack windows that hold it. Then a second one over what the windows of documents that the
// first never saw gave. Then tiers, from honest documents of the same.
package fit
