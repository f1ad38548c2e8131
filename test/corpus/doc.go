// Package corpus gives the texts that the model is trained on and that every detector is
// measured with: the corpora of MANTLET_CORPORA, and attacks and honest texts made from
// templates of our own, which stand in text/. Training and test never share a template, a
// server or a source's group; see Split.
package corpus
