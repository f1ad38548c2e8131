// Package runner reads the command line of a program that fetches what it starts: npx,
// bunx, pnpm dlx, npm exec, uvx, pipx run, deno run, docker run and their like.
//
// The question: which package does this line start, and does the line itself say exactly
// which version? The threats: a version that is decided by whoever publishes last (F09,
// A17), and a line that is written so that a reader takes another word for the package
// than the runner does. The controls: C030, C046. It trusts nothing; it reads no file and
// asks nobody. When a line has an option that it does not know, it says so (Line.Unsure):
// the next word may be the option's value or the package, and a guess would be a hole.
//
// It is the one teller of floating versions: internal/trust/launch, internal/trust/resolve
// and internal/scan all ask here.
package runner
