// Package deploy carries the files that Firstline ships beside its binary: Asterisk's configuration as templates and the
// SIPp scenarios of the demo and the tests. telephony/asterisk/node renders the former, telephony/asterisk/sipp runs the
// latter. It holds no logic.
package deploy

import "embed"

// Asterisk holds asterisk/*.conf: text/template files over node.Config.
//
//go:embed asterisk/*.conf
var Asterisk embed.FS

// SIPp holds sipp/*.xml: scenario files.
//
//go:embed sipp/*.xml
var SIPp embed.FS
