// Package feature turns a text into the numbers that package model weighs: words, letters and
// shapes, block by block, in one pass.
//
// The text is seen as a model reads it: look-alikes are the letters they look like, invisible
// runes are gone, tags, entities, percent and backslash escapes are the characters they stand
// for. What is encoded (base64, hexadecimal), turned by 13, written backwards, with digits for
// letters, or letter by letter, is read a second time as a view of its own.
//
// A block is about 80 bytes of the seen text. Three lists of feature numbers describe it:
// hashed word 1- to 4-grams, hashed 3- to 5-grams of bytes, and shapes: which kinds of words
// (an order to forget, a word for instructions, a secret, a foreign tool's name) stand in
// which order near each other. The kinds come from lexicon.txt, in several languages, so that
// what was learnt in one language holds in another.
//
// The work is linear in the text: at most maxViews readings of it. Nothing is allocated once a
// Scanner has seen a text of that length. Training and scoring use this same code.
package feature
