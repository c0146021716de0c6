// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/nic/link_watch.hpp"

#include <algorithm>

namespace kmsgate::nic {

LinkWatch::LinkWatch(const std::vector<std::pair<Port*, Port*>>& pairs, std::uint64_t within,
                     std::uint64_t settle)
    : interval_(std::max<std::uint64_t>(1, within / 2)), settle_(settle) {
    for (const auto& [a, b] : pairs) {
        if (a == nullptr || b == nullptr || a == b) continue;
        const std::size_t i = watched(a);
        const std::size_t j = watched(b);
        ports_[i].partners.push_back(j);
        ports_[j].partners.push_back(i);
    }
}

std::size_t LinkWatch::watched(Port* port) {
    for (std::size_t i = 0; i < ports_.size(); ++i)
        if (ports_[i].port == port) return i;
    ports_.emplace_back().port = port;
    return ports_.size() - 1;
}

bool LinkWatch::held_down(const Port* port) const noexcept {
    return std::ranges::any_of(ports_, [&](const Watched& w) { return w.port == port && w.held_down; });
}

std::vector<LinkWatch::Change> LinkWatch::poll(std::uint64_t now) {
    std::vector<Change> changes;
    if (started_ && now < next_) return changes;
    if (!started_)
        for (Watched& w : ports_) w.settled_at = now + settle_;
    started_ = true;
    next_ = now + interval_;
    look(now, changes);
    for (Watched& w : ports_) {
        // a port that is down by itself needs no holding, and nothing would tell when it is back
        const bool alone = std::ranges::none_of(w.partners, [&](std::size_t p) { return ports_[p].seen_up; });
        if (w.seen_up && alone)
            hold(w, changes);
        else if (!alone)
            release(w, now, changes);
    }
    return changes;
}

void LinkWatch::look(std::uint64_t now, std::vector<Change>& changes) {
    for (Watched& w : ports_) {
        // what a held port reports is our own doing
        if (w.held_down) continue;
        const bool up = w.port->link_up();
        if (up) w.settling = false;
        if (up == w.seen_up || (!up && w.settling && now < w.settled_at)) continue;
        w.seen_up = up;
        w.settling = false;
        changes.push_back({.port = std::string(w.port->name()), .up = up});
    }
}

void LinkWatch::hold(Watched& w, std::vector<Change>& changes) {
    if (w.held_down) {
        w.refused = false;  // to go up, when it did: asked anew when the partner is back
        return;
    }
    // one that cannot go down is asked again when its partners went down anew
    if (w.refused) return;
    w.held_down = w.port->set_link(false);
    w.refused = !w.held_down;
    if (w.refused) ++refusals_;
    changes.push_back({.port = std::string(w.port->name()), .up = false, .ours = true, .failed = w.refused});
}

void LinkWatch::release(Watched& w, std::uint64_t now, std::vector<Change>& changes) {
    if (!w.held_down) {
        w.refused = false;
        return;
    }
    // else it would stay down for good: asked again now and then, told once
    if (w.refused && now < w.try_again) return;
    const bool done = w.port->set_link(true);
    if (!done) {
        ++refusals_;
        w.try_again = now + settle_;
    }
    if (done || !w.refused)
        changes.push_back({.port = std::string(w.port->name()), .up = true, .ours = true, .failed = !done});
    w.refused = !done;
    if (!done) return;
    w.held_down = false;
    w.settling = true;
    w.settled_at = now + settle_;
}

}  // namespace kmsgate::nic
