package view

import (
	"strings"
	"unicode"
)

// glyphs maps letters that look like ASCII letters, and marks that look like ASCII marks, to
// them. Fullwidth and mathematical forms need no row: their decomposition is ASCII.
var glyphs = func() map[rune]string {
	m := make(map[rune]string)
	for row := range strings.FieldsSeq(lookalikes) {
		ascii, rest, _ := strings.Cut(row, "=")
		for _, r := range rest {
			m[r] = ascii
		}
	}
	return m
}()

// Each row: what it looks like, then the runes: Cyrillic, Greek, Armenian, Latin outside
// ASCII that does not decompose, small capitals, quotes and dashes.
const lookalikes = `
a=аɑα b=ƅьᏏ c=сϲᴄ d=ԁɗ e=еєҽℯ f=ƒ g=ɡց h=һհ i=іιıɩ j=јϳ k=кκᴋ l=ӏǀ m=мᴍ n=ո o=оοօᴏ p=рρ q=ԛզ
r=гᴦɾ s=ѕꜱ t=тτᴛ u=υսᴜ v=ѵνᴠ w=ԝѡᴡ x=хχ y=уүγʏ z=ᴢ
A=АΑ B=ВΒʙ C=СϹ D=ᴅ E=ЕΕᴇ F=Ϝ G=Ԍɢ H=НΗʜ I=ІΙӀɪ J=Јᴊ K=КΚ L=ʟ M=МΜ N=Νɴ O=ОΟ P=РΡᴘ Q=Ԛ R=ʀ S=Ѕ T=ТΤ V=Ѵ
W=Ԝ X=ХΧ Y=УΥ Z=Ζ
'=’‘ʼ′ʹ "=“”„″ -=‐‑‒–—−﹣ /=∕⁄ .=․ :=ː∶ ~=∼ |=∣ <=‹〈 >=›〉
`

// Invisible are the runes that a person does not see and a model may read: formats, controls
// of direction, tags, variation selectors, fillers, private use.
func Invisible(r rune) bool {
	switch {
	case r < 0xad:
		return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r >= 0x7f && r < 0xa0
	case r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0 || r == 0x034f:
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Co, unicode.Variation_Selector)
}

// Glyph is the ASCII that r looks like; "" where it is no other letter's double.
func Glyph(r rune) string { return glyphs[r] }
