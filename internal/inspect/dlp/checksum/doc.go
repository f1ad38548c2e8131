// Package checksum holds the check digits and sums that tell a number that somebody was given
// from one that looks like it: Luhn, ISO 7064, Verhoeff, CRC-32 in base 62, base58check,
// bech32, EIP-55.
//
// It asks nothing and trusts nothing: each function says whether a text adds up, and no for
// every text that is not of the form. It is for detectors of what must not leave (C056): a
// sum of one digit lets one of ten random numbers pass, and is no evidence alone.
package checksum
