package callcenter

import "bytes"

// Unwritten lists ended contacts that changed without being written: what Changes tells of them is not what they are.
func (c *Center) Unwritten() []string {
	var ids []string
	for id, ct := range c.contacts {
		if ct.written != nil && !bytes.Equal(ct.written, encode(c.public(ct))) {
			ids = append(ids, id)
		}
	}
	return ids
}
