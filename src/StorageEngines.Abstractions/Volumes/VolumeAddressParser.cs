using System.Globalization;
using System.Text;

namespace StorageEngines;

/// <summary>Takes addresses apart; see <see cref="VolumeAddress"/> for the forms.</summary>
internal static class VolumeAddressParser
{
    private const string Forms = "write a path (/srv/data), SCHEME:LOCATION (tarrsync:/srv/data) or SCHEME+ssh://USER@HOST/LOCATION (zfs+ssh://root@host/tank/vm)";

    public static VolumeAddress Parse(string text)
    {
        if (text.Length == 0)
        {
            throw Malformed(text, "it is empty");
        }

        int colon = text.IndexOf(':');
        if (colon <= 0 || !TrySplitScheme(text[..colon], out string scheme, out string? transport))
        {
            return new VolumeAddress { Location = ParsePlain(text) };
        }

        string rest = text[(colon + 1)..];
        int question = rest.IndexOf('?');
        var address = new VolumeAddress
        {
            Scheme = scheme,
            Transport = transport,
            Settings = question < 0 ? new Dictionary<string, string>() : ParseSettings(text, rest[(question + 1)..]),
        };
        rest = question < 0 ? rest : rest[..question];
        return rest.StartsWith("//", StringComparison.Ordinal) ? WithHost(text, address, rest[2..])
            : transport is not null ? throw Malformed(text, $"'+{transport}' needs a host")
            : rest.Length == 0 ? throw Malformed(text, "nothing follows the colon")
            : address with { Location = DecodeLocation(text, rest) };
    }

    public static string EncodeLocation(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (byte b in bytes)
        {
            bool plain = char.IsAsciiLetterOrDigit((char)b) || "/-._~!$'()*+,;:=".Contains((char)b);
            _ = plain ? text.Append((char)b) : text.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static BytePath ParsePlain(string text)
    {
        try
        {
            return BytePath.Parse(text);
        }
        catch (FormatException e)
        {
            throw Malformed(text, e.Message);
        }
    }

    private static bool TrySplitScheme(string text, out string scheme, out string? transport)
    {
        int plus = text.IndexOf('+');
        scheme = (plus < 0 ? text : text[..plus]).ToLowerInvariant();
        transport = plus < 0 ? null : text[(plus + 1)..].ToLowerInvariant();
        return IsWord(scheme) && (transport is null || IsWord(transport));
    }

    private static bool IsWord(string text)
        => text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static VolumeAddress WithHost(string text, VolumeAddress address, string rest)
    {
        int slash = rest.IndexOf('/');
        if (slash < 0 || slash == rest.Length - 1)
        {
            throw Malformed(text, "no location follows the host");
        }

        string authority = rest[..slash];
        int at = authority.LastIndexOf('@');
        string? user = at < 0 ? null : Uri.UnescapeDataString(authority[..at]);
        if (user is not null && user.Contains(':'))
        {
            throw new FormatException("An address cannot hold a password; use a key, or a setting that refers to a secret. The address is not shown here.");
        }

        (string host, int? port) = SplitPort(text, authority[(at + 1)..]);
        if (host.Length == 0 || host[0] == '-' || user is { Length: 0 } || (user is not null && user[0] == '-'))
        {
            throw Malformed(text, "the host or the user is missing or begins with '-'");
        }

        return address with { User = user, Host = host, Port = port, Location = DecodeLocation(text, rest[slash..]) };
    }

    private static (string Host, int? Port) SplitPort(string text, string authority)
    {
        bool bracketed = authority.StartsWith('[');
        int end = bracketed ? authority.IndexOf(']') : -1;
        if (bracketed && end < 0)
        {
            throw Malformed(text, "the ']' after the host's address is missing");
        }

        string host = bracketed ? authority[1..end] : authority.Split(':')[0];
        string tail = bracketed ? authority[(end + 1)..] : authority[host.Length..];
        if (tail.Length == 0)
        {
            return (host, null);
        }

        bool valid = tail[0] == ':' && int.TryParse(tail.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536;
        return valid ? (host, int.Parse(tail.AsSpan(1), CultureInfo.InvariantCulture)) : throw Malformed(text, $"'{tail}' is not a port (1 to 65535)");
    }

    private static Dictionary<string, string> ParseSettings(string text, string query)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=');
            if (equals <= 0)
            {
                throw Malformed(text, "settings are written name=value, joined by '&'");
            }

            string name = Uri.UnescapeDataString(pair[..equals]);
            if (!settings.TryAdd(name, Uri.UnescapeDataString(pair[(equals + 1)..])))
            {
                throw Malformed(text, $"the setting '{name}' is given twice");
            }
        }

        return settings;
    }

    private static BytePath DecodeLocation(string text, string encoded)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(encoded);
        int length = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte value = bytes[i];
            if (value == '%')
            {
                bool valid = i + 2 < bytes.Length && char.IsAsciiHexDigit((char)bytes[i + 1]) && char.IsAsciiHexDigit((char)bytes[i + 2]);
                value = valid ? Convert.FromHexString(EncodedPair(bytes, i))[0] : throw Malformed(text, "'%' has to be followed by two hex digits (write %25 for the character itself)");
                i += 2;
            }

            bytes[length++] = value != 0 ? value : throw Malformed(text, "a location cannot hold a NUL byte");
        }

        return new BytePath(bytes.AsMemory(0, length));

        static string EncodedPair(byte[] bytes, int at) => Encoding.ASCII.GetString(bytes, at + 1, 2);
    }

    private static FormatException Malformed(string text, string why) => new($"'{text}' is not a volume's address: {why}; {Forms}.");
}
