package personal

// phone looks at n as the number of a telephone: with + and a country (E.164), as the North
// American plan groups it, or as a word beside it says.
func (l *look) phone(n *number, topics topic) {
	from, to := n.from[0], n.end
	digits := n.part(0, n.groups-1)
	plus := from > 0 && l.text[from-1] == '+'
	if from > 0 && l.text[from-1] == '(' {
		from--
		plus = plus || from > 0 && l.text[from-1] == '+'
	}
	if plus {
		from--
	}
	switch {
	case len(digits) < 7 || len(digits) > 15 || from > 0 && (alnum(l.text[from-1]) || l.text[from-1] == '=' || l.text[from-1] == '$') || date(n):
		return
	case plus && len(digits) >= 8, digits[0] == '0' && digits[1] == '0' && n.groups > 2:
	case american(n, from < n.from[0]):
	case topics&aPhone != 0 && n.groups <= 6 && (n.groups > 1 || len(digits) >= 8 && topics&(aCard|aBank) == 0):
	default:
		return
	}
	l.add("phone", low, from, to)
}

// american reports whether n is laid out as (201) 555-0123, 201-555-0123 or 1-201-555-0123.
func american(n *number, bracket bool) bool {
	if n.laid(0, 1, 3, 3, 4) && n.groups == 4 && n.part(0, 0)[0] == '1' {
		d := n.part(1, 2)
		return d[0] >= '2' && d[3] >= '2'
	}
	if n.groups != 3 || !n.laid(0, 3, 3, 4) {
		return false
	}
	d := n.part(0, 1)
	return d[0] >= '2' && d[3] >= '2' && (bracket || n.mark[1] == '-' || n.mark[1] == '.' || n.mark[1] == n.mark[2])
}

// extension reports whether what ties n to what follows is an extension (x4587), which it takes
// in, or a word behind a hyphen (-Office).
func (l *look) extension(n *number) bool {
	if n.end+1 >= len(l.text) || n.groups < 2 || l.led(n.from[0]) {
		return false
	}
	if extended(l.text, n.end) {
		end := n.end + 1
		for end < len(l.text) && isDigit(l.text[end]) && end-n.end < 7 {
			end++
		}
		n.end = end
		return true
	}
	return l.text[n.end] == '-' && letter(l.text[n.end+1])
}
