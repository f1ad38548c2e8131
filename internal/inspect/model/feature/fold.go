package feature

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// glyphs maps what looks like an ASCII character, and does not decompose to it, to it.
var glyphs = func() map[rune]byte {
	m := make(map[rune]byte)
	for row := range strings.FieldsSeq(lookalikes) {
		for _, r := range row[2:] {
			m[r] = row[0]
		}
	}
	return m
}()

// Each row: the ASCII character, "=", then runes of other scripts that are drawn like it.
const lookalikes = `
a=аɑαᴀ b=ьƅʙ c=сϲᴄ d=ԁɗᴅ e=еҽєᴇ f=ƒꜰ g=ɡցɢ h=һհʜ i=іıιɩɪ j=јϳᴊ k=кκᴋ l=ӏǀʟ m=мᴍ n=ոռɴ o=оοօσᴏ
p=рρᴘ q=ԛզ r=гᴦʀ s=ѕꜱ t=тτᴛ u=υսʋᴜ v=ѵνᴠ w=ԝѡωᴡ x=хχ y=уүγʏ z=ᴢ
A=АΑ B=ВΒ C=СϹ D=Ꭰ E=ЕΕ F=Ϝ G=Ԍ H=НΗ I=ІΙӀ J=Ј K=КΚ M=МΜ N=Ν O=ОΟՕ P=РΡ Q=Ԛ S=Ѕ T=ТΤ V=Ѵ W=Ԝ X=ХΧ Y=УΥ Z=Ζ
'=’‘ʼ′ʹ "=“”„″ -=‐‑‒–—−﹣ /=∕⁄ .=․ :=ː∶ ~=∼ |=∣ <=‹〈 >=›〉 !=ǃ
`

// appendRune appends what r (at the front of s, n bytes long) is seen as: nothing where it is
// invisible or a combining mark.
func appendRune(dst []byte, r rune, n int, s []byte) []byte {
	if ideograph(r) || r == utf8.RuneError {
		return append(dst, s[:n]...)
	}
	if a := glyphs[r]; a != 0 {
		return append(dst, a)
	}
	switch {
	case r >= 0xe0020 && r <= 0xe007e: // tags say ASCII that nobody sees
		return append(dst, byte(r)) //nolint:gosec // the low byte is the ASCII character
	case invisible(r) || unicode.Is(unicode.Mn, r):
		return dst
	case unicode.Is(unicode.Z, r):
		return append(dst, ' ')
	}
	if d := norm.NFKD.Properties(s[:n]).Decomposition(); len(d) > 0 {
		return appendDecomposed(dst, d)
	}
	return append(dst, s[:n]...)
}

func appendDecomposed(dst, d []byte) []byte {
	for len(d) > 0 {
		r, n := utf8.DecodeRune(d)
		if a := glyphs[r]; a != 0 {
			dst = append(dst, a)
		} else if !unicode.Is(unicode.Mn, r) {
			dst = append(dst, d[:n]...)
		}
		d = d[n:]
	}
	return dst
}

// ideograph reports the scripts that write without spaces and do not decompose usefully; each
// of their characters is a word.
func ideograph(r rune) bool {
	return r >= 0x3041 && r <= 0x30ff || r >= 0x3400 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3
}

// invisible reports formats, controls of direction, variation selectors, fillers, private use.
func invisible(r rune) bool {
	switch {
	case r < 0xa0:
		return true // the C1 controls: ASCII does not come here
	case r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0 || r == 0x034f:
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Variation_Selector)
}
