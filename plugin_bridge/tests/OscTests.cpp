#include "Osc.h"

#include <juce_osc/juce_osc.h>

#include <catch2/catch.hpp>

#include <cmath>
#include <future>
#include <limits>

namespace synthmatch
{

namespace
{

std::vector<juce::uint8> bytesOf (const juce::MemoryBlock& block)
{
    const auto* first = static_cast<const juce::uint8*> (block.getData());
    return { first, first + block.getSize() };
}

std::optional<osc::Message> read (const std::string& bytes) { return osc::read (bytes.data(), bytes.size()); }

std::string text (const char* written, size_t size) { return { written, size }; }

bool isText (const std::string& bytes) { return osc::isText (bytes.data(), bytes.size()); }

} // namespace

TEST_CASE ("osc: a message becomes the bytes of the specification, and comes back")
{
    const juce::String word (juce::CharPointer_UTF8 ("gr\xc3\xb6\xc3\x9f" "e"));
    const osc::Message message { "/a/b", { 7, 1.5f, word } };
    const auto written = osc::write (message);
    const std::string expected ("/a/b\0\0\0\0,ifs\0\0\0\0\0\0\0\x07\x3f\xc0\0\0gr\xc3\xb6\xc3\x9f" "e\0", 32);

    REQUIRE (written.ok());
    REQUIRE (bytesOf (written.bytes) == std::vector<juce::uint8> (expected.begin(), expected.end()));

    const auto back = read (expected);
    REQUIRE (back);
    CHECK (back->address == "/a/b");
    CHECK (back->arguments == message.arguments);
}

TEST_CASE ("osc: what cannot be carried is refused with a sentence")
{
    CHECK (osc::write ({ "/a", { std::numeric_limits<float>::quiet_NaN() } }).fault.contains ("not finite"));
    CHECK (osc::write ({ "/a", { juce::String::repeatedString ("x", 8000) } }).fault.contains ("8000"));

    const auto whole = osc::write ({ "/a", { juce::String::repeatedString ("x", 7987) } });
    CHECK (whole.ok());
    CHECK (whole.bytes.getSize() <= osc::maxDatagramBytes);

    const auto half = juce::String::charToString (static_cast<juce::juce_wchar> (0xd800));
    CHECK (osc::write ({ "/a", { half } }).fault.contains ("not Unicode"));
}

TEST_CASE ("osc: damaged datagrams are no messages")
{
    const auto good = text ("/a\0\0,is\0\0\0\0\x01x\0\0\0", 16);
    REQUIRE (read (good));

    for (size_t size = 0; size < good.size(); ++size)
        CHECK_FALSE (read (good.substr (0, size)));

    CHECK_FALSE (read (good + '\0'));
    CHECK_FALSE (read (good + std::string (4, '\0')));
    CHECK_FALSE (osc::read (nullptr, 0));

    for (const auto& bad : { text ("a\0\0\0,\0\0\0", 8),                // no address
                             text ("/a\0\0i\0\0\0\0\0\0\1", 12),        // no comma
                             text ("/a\0\0,h\0\0\0\0\0\0\0\0\0\1", 16), // a type that is not ours
                             text ("/a\0\0,T\0\0", 8),                  // true
                             text ("/a\0x,\0\0\0", 8),                  // padding that is not zero
                             text ("/a\0\0,s\0\0x\0\0x", 12),
                             text ("/a\0\0,s\0\0xxxx", 12),             // text without an end
                             text ("/a\0\0,f\0\0\x7f\x80\0\0", 12),     // infinity
                             text ("/a\0\0,s\0\0\xff\0\0\0", 12),       // not UTF-8
                             text ("#bundle\0\0\0\0\0\0\0\0\1", 16) })
        CHECK_FALSE (read (bad));

    auto tooLong = osc::write ({ "/a", {} }).bytes;
    tooLong.setSize (osc::maxDatagramBytes + 4, true);
    CHECK_FALSE (osc::read (tooLong.getData(), tooLong.getSize()));
}

TEST_CASE ("osc: text is UTF-8 as strict as Python takes it")
{
    for (const auto* good : { "", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                              "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" })
        CHECK (isText (good));

    for (const auto* bad : { "\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf",
                             "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                             "\xf5\x80\x80\x80", "\xff", "a\xfe" })
        CHECK_FALSE (isText (bad));

    CHECK_FALSE (isText (std::string (1, '\0')));
}

TEST_CASE ("osc: JUCE's own OSC reads what we write")
{
    struct Hearer : juce::OSCReceiver::Listener<juce::OSCReceiver::RealtimeCallback>
    {
        void oscMessageReceived (const juce::OSCMessage& message) override { heard.set_value (message); }
        std::promise<juce::OSCMessage> heard;
    };

    juce::DatagramSocket there, here;
    REQUIRE (there.bindToPort (0, "127.0.0.1"));
    Hearer hearer;
    juce::OSCReceiver receiver;
    receiver.addListener (&hearer);
    REQUIRE (receiver.connectToSocket (there));

    const juce::String word (juce::CharPointer_UTF8 ("\xe9\x9f\xb3"));
    const auto written = osc::write ({ "/synthmatch/x", { -3, 0.25f, word } }).bytes;
    auto heard = hearer.heard.get_future();
    const auto size = static_cast<int> (written.getSize());
    REQUIRE (here.write ("127.0.0.1", there.getBoundPort(), written.getData(), size) == size);
    REQUIRE (heard.wait_for (std::chrono::seconds (60)) == std::future_status::ready);

    const auto message = heard.get();
    REQUIRE (message.size() == 3);
    CHECK (message.getAddressPattern().toString() == "/synthmatch/x");
    CHECK (message[0].getInt32() == -3);
    CHECK (message[1].getFloat32() == 0.25f);
    CHECK (message[2].getString() == word);
    receiver.disconnect();
}

TEST_CASE ("osc: we read what JUCE's own OSC writes")
{
    juce::DatagramSocket there, here;
    REQUIRE (there.bindToPort (0, "127.0.0.1"));
    juce::OSCSender sender;
    REQUIRE (sender.connectToSocket (here, "127.0.0.1", there.getBoundPort()));

    const auto heard = [&]() -> std::optional<osc::Message> {
        char bytes[1000];
        return there.waitUntilReady (true, 60000) == 1
                   ? osc::read (bytes, static_cast<size_t> (there.read (bytes, sizeof (bytes), false)))
                   : std::nullopt;
    };

    REQUIRE (sender.send ("/synthmatch/x", 5, -0.5f, juce::String ("abc")));
    const auto message = heard();
    REQUIRE (message);
    CHECK (message->arguments == std::vector<osc::Argument> { 5, -0.5f, juce::String ("abc") });

    juce::OSCMessage blob ("/synthmatch/x");
    blob.addBlob (juce::MemoryBlock ("1234", 4));
    REQUIRE (sender.send (blob));
    CHECK_FALSE (heard());
}

} // namespace synthmatch
