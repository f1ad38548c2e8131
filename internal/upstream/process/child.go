package process

// A child is what this system knows of a started program.
type child interface {
	wait() error // until it and its descendants are gone
	pid() int
	signals
}

// signals end a child. Both return at once and may be called after its end.
type signals interface {
	terminate()
	kill()
}
