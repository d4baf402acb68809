package callcenter

import "strconv"

// positionMedia says the caller's place in the line, with the sounds of Asterisk's core packages.
func positionMedia(position int) []string {
	if position <= 1 {
		return []string{"sound:queue-youarenext", "sound:queue-thankyou"}
	}
	return []string{
		"sound:queue-thereare", "number:" + strconv.Itoa(position), "sound:queue-callswaiting", "sound:queue-thankyou",
	}
}
