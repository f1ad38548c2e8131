package personal

// The bounds of a number.
const (
	maxDigits = 40
	maxGroups = 12
)

// A number is groups of digits with single marks between them: "4111 1111 1111 1111".
type number struct {
	digits   [maxDigits]byte
	group    [maxGroups + 1]int // where each group begins in digits; the last is the end
	from, to [maxGroups]int     // where each group stands in the text
	mark     [maxGroups]byte    // before each group; '~' where there are two
	groups   int
	end      int // of the number in the text
}

// gather reads the number that begins at from into n. A run of more than 40 digits is none,
// and is left behind.
func (n *number) gather(text []byte, from int) {
	n.groups, n.end = 0, 0
	at, mark := from, byte(0)
	for n.groups < maxGroups {
		end := at
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		have := n.group[n.groups]
		if have+end-at > maxDigits || end < len(text) && letter(text[end]) && n.groups > 0 && !extended(text, end) {
			if n.groups == 0 {
				n.end = end
			}
			break
		}
		copy(n.digits[have:], text[at:end])
		n.from[n.groups], n.to[n.groups], n.mark[n.groups] = at, end, mark
		n.groups++
		n.group[n.groups] = have + end - at
		n.end = end
		if at, mark = next(text, end); at < 0 {
			break
		}
	}
}

// extended reports whether an extension of a telephone stands at end: x4587.
func extended(text []byte, end int) bool {
	return end+1 < len(text) && text[end] == 'x' && isDigit(text[end+1])
}

// next is the start of the group after the one that ends at end, and the mark between them;
// negative where none follows.
func next(text []byte, end int) (at int, mark byte) {
	for at = end; at < len(text) && at-end < 3 && !isDigit(text[at]); at++ {
		switch text[at] {
		case ' ', '-', '.', '/', '(', ')':
		default:
			return -1, 0
		}
	}
	switch {
	case at >= len(text) || !isDigit(text[at]) || at == end:
		return -1, 0
	case at-end == 1:
		return at, text[end]
	}
	return at, '~'
}

// part is the digits of the groups a to b.
func (n *number) part(a, b int) []byte { return n.digits[n.group[a]:n.group[b+1]] }

// even reports whether the marks between the groups a to b are one and the same.
func (n *number) even(a, b int) bool {
	for i := a + 2; i <= b; i++ {
		if n.mark[i] != n.mark[a+1] {
			return false
		}
	}
	return b == a || n.mark[a+1] != '~' && n.mark[a+1] != '(' && n.mark[a+1] != ')'
}

// laid reports whether the groups from a on have these lengths.
func (n *number) laid(a int, lengths ...int) bool {
	if a+len(lengths) > n.groups {
		return false
	}
	for i, l := range lengths {
		if n.group[a+i+1]-n.group[a+i] != l {
			return false
		}
	}
	return true
}

// apart reports whether the groups a to b are no part of a longer number: what stands between
// them and the others is a space.
func (n *number) apart(a, b int) bool {
	return (a == 0 || n.spaced(a)) && (b+1 >= n.groups || n.spaced(b+1))
}

func (n *number) spaced(i int) bool { return n.mark[i] == ' ' || n.mark[i] == '~' }

// alone reports whether no group beside a to b is set off by the same mark as they are.
func (n *number) alone(a, b int) bool {
	if a == b {
		return true
	}
	return (a == 0 || n.mark[a] != n.mark[b]) && (b+1 >= n.groups || n.mark[b+1] != n.mark[b])
}
