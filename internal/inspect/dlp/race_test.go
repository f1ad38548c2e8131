//go:build race

package dlp_test

func init() { raced = true } //nolint:gochecknoinits // a tag is all there is to tell by
