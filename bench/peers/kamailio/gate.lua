-- SPDX-License-Identifier: BSD-3-Clause
-- What an operator would write to hold MC INVITEs against a list of KMSs: look for the key-mgmt line, decode, walk to
-- IDRkmsi and IDRkmsr (RFC 6043: IDR payloads of roles 6 and 7), look the initiator's up, forward or answer 488 with a
-- KRR. Words in @..@ are filled in by bench/peers.

local NEXT_HOP = "sip:@NEXT@:5060"
@LISTS@
local ALLOWED = { @ALLOWED@ } -- by the address of the neighbour that sends; for whom nothing stands there, nothing is checked
local KRR_TYPE = "application/vnd.3gpp.kmsredirectresponse+xml"
local byte, find, match, sub = string.byte, string.find, string.match, string.sub

local IDR, T, RAND, SP, SAKKE, GENERAL = 14, 5, 11, 10, 26, 21

-- Bytes of the CS ID map that begins at byte `at`, or nil
local function map_size(m, count, kind, at)
    if kind == 0 then return 9 * count end
    if kind == 1 then return 0 end
    if kind ~= 2 then return nil end
    local from = at
    for _ = 1, count do
        local policies, high, low = byte(m, at + 2, at + 2), nil, nil
        if not policies then return nil end
        at = at + 3 + policies % 128
        high, low = byte(m, at, at + 1)
        if not low then return nil end
        at = at + 2 + high * 256 + low
        local spi = byte(m, at)
        if not spi then return nil end
        at = at + 1 + spi
    end
    return at - from
end

-- The two names, or nil where the message cannot be read
local function names(m)
    if #m < 10 then return nil end
    local kind, count, map = byte(m, 3), byte(m, 9, 10)
    local at = map_size(m, count, map, 11)
    if not at then return nil end
    at = at + 11
    local kmsi, kmsr
    while kind ~= 0 and not (kmsi and kmsr) do
        local following, a, b, high, low = byte(m, at, at + 4)
        if not low then return nil end
        local size
        if kind == IDR then
            local length = high * 256 + low
            local name = sub(m, at + 5, at + 4 + length)
            if #name ~= length then return nil end
            if a == 6 then kmsi = name elseif a == 7 then kmsr = name end
            size = 5 + length
        elseif kind == T then
            size = (a == 2) and 6 or 10
        elseif kind == RAND then
            size = 2 + a
        elseif kind == SP or kind == SAKKE then
            size = 5 + high * 256 + low
        elseif kind == GENERAL then
            size = 4 + b * 256 + high
        else
            return nil
        end
        at, kind = at + size, following
    end
    return kmsi, kmsr
end

local function list(element, names_or_any)
    if not names_or_any then return "<" .. element .. ">ANY</" .. element .. ">" end
    local out = { "<" .. element .. ">" }
    for _, name in ipairs(names_or_any) do out[#out + 1] = "<KmsUri>" .. name .. "</KmsUri>" end
    out[#out + 1] = "</" .. element .. ">"
    return table.concat(out)
end

local function refuse(allowed, kmsi, kmsr)
    local body = '<?xml version="1.0" encoding="UTF-8"?><KmsRedirectResponse xmlns="urn:3gpp:ns:mcsecKMSKRR:1.0" Id="'
        .. KSR.pv.getvs("$ci", "krr") .. '" Version="1.0.0"><ProcessorUri>sip:gate.mc1.example</ProcessorUri><Time>'
        .. os.date("!%Y-%m-%dT%H:%M:%SZ") .. "</Time><InitiatorUri>" .. KSR.pv.getvs("$fu", "") .. "</InitiatorUri><ReceiverUri>"
        .. KSR.pv.getvs("$tu", "") .. "</ReceiverUri><InitiatorKmsUri>" .. kmsi .. "</InitiatorKmsUri><ReceiverKmsUri>" .. kmsr
        .. "</ReceiverKmsUri>" .. list("InitiatorKmsList", allowed.order) .. list("ReceiverKmsList", nil) .. "</KmsRedirectResponse>"
    KSR.textops.set_reply_body(body, KRR_TYPE)
    KSR.sl.send_reply(488, "Not Acceptable Here")
end

local function forward()
    KSR.pv.sets("$du", NEXT_HOP)
    KSR.forward()
end

function ksr_request_route()
    local allowed = ALLOWED[KSR.kx.get_srcip()]
    if not allowed then return forward() end
    if KSR.is_ACK() then return 1 end -- of our 488
    local body = KSR.pv.get("$rb")
    local text = body and match(body, "a=key%-mgmt:mikey ([A-Za-z0-9+/=]+)")
    if not text then return forward() end
    KSR.pv.sets("$var(key)", text)
    local message = KSR.pv.get("$(var(key){s.decode.base64})")
    local kmsi, kmsr
    if message then kmsi, kmsr = names(message) end
    if not kmsi or not kmsr then
        KSR.sl.send_reply(488, "Not Acceptable Here")
    elseif allowed.known[kmsi] then
        forward()
    else
        refuse(allowed, kmsi, kmsr)
    end
end

function ksr_reply_route() return 1 end
