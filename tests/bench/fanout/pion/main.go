// A fan-out as pion's examples make one: RTP in on loopback, one track, any number of peers.
//
// Lines of JSON on standard input, one answered by one on standard output:
// {"offer": true} by {"call", "sdp"}, {"call", "answer"} by {"call"}. The end of the input ends it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/pion/webrtc/v4"
)

type message struct {
	Offer  bool   `json:"offer,omitempty"`
	Call   int    `json:"call"`
	SDP    string `json:"sdp,omitempty"`
	Answer string `json:"answer,omitempty"`
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	port, err := strconv.Atoi(os.Args[1])
	check(err)
	track, err := webrtc.NewTrackLocalStaticRTP(
		webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: 90000}, "video", "pion")
	check(err)
	in, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	check(err)
	check(in.SetReadBuffer(1 << 20))
	go relay(in, track)

	var peers []*webrtc.PeerConnection
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 0, 1<<16), 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var in message
		check(json.Unmarshal(lines.Bytes(), &in))
		if in.Offer {
			peer, err := offer(track)
			check(err)
			peers = append(peers, peer)
			check(out.Encode(message{Call: len(peers) - 1, SDP: peer.LocalDescription().SDP}))
			continue
		}
		answer := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: in.Answer}
		check(peers[in.Call].SetRemoteDescription(answer))
		check(out.Encode(message{Call: in.Call}))
	}
}

func relay(in *net.UDPConn, track *webrtc.TrackLocalStaticRTP) {
	packet := make([]byte, 1600)
	for {
		length, err := in.Read(packet)
		check(err)
		// What it says is about single peers, which come and go.
		_, _ = track.Write(packet[:length])
	}
}

func offer(track webrtc.TrackLocal) (*webrtc.PeerConnection, error) {
	peer, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	sender, err := peer.AddTrack(track)
	if err != nil {
		return nil, err
	}
	go func() {
		// Interceptors see RTCP only if it is read.
		reports := make([]byte, 1500)
		for {
			if _, _, err := sender.Read(reports); err != nil {
				return
			}
		}
	}()
	gathered := webrtc.GatheringCompletePromise(peer)
	description, err := peer.CreateOffer(nil)
	if err != nil {
		return nil, err
	}
	if err := peer.SetLocalDescription(description); err != nil {
		return nil, err
	}
	<-gathered
	return peer, nil
}
