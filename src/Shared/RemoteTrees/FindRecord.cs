using System.Globalization;
using System.Text;

namespace StorageEngines.RemoteTrees;

/// <summary>
/// One entry as find tells it with <see cref="Format"/>: the path below the starting point, <c>//</c>, numbers, <c>//</c>, where a symbolic link leads. <c>//</c> is in no path. For sorting, and
/// back, each <c>/</c> is two bytes that come before all others: a directory then comes right before what is in it, and names are in byte order.
/// </summary>
internal static class FindRecord
{
    /// <summary>The argument of <c>-printf</c>.</summary>
    internal const string Format = @"%P//%y %m %i %n %s %U %G %T@ %C@//%l\0";

    /// <summary>The same with the starting point's own path before it, where several starting points are given.</summary>
    internal const string WholeFormat = @"%p//%y %m %i %n %s %U %G %T@ %C@//%l\0";

    /// <summary>A script of sed with <c>-z</c> that makes records sortable.</summary>
    internal const string Sortable = @"s/\x01/\x01\x03/g;s/\//\x01\x02/g";

    /// <summary>Makes a sorted record as it was.</summary>
    internal static byte[] Unsort(ReadOnlySpan<byte> record)
    {
        byte[] plain = new byte[record.Length];
        int length = 0;
        for (int i = 0; i < record.Length; i++)
        {
            bool isPair = record[i] == 1 && i + 1 < record.Length;
            plain[length++] = isPair ? record[i + 1] == 2 ? (byte)'/' : (byte)1 : record[i];
            i += isPair ? 1 : 0;
        }

        return plain[..length];
    }

    /// <summary>Takes a record apart.</summary>
    /// <param name="record">The record, without its NUL.</param>
    /// <param name="under">The starting point, in the snapshot.</param>
    /// <param name="engine">The engine's name, for errors.</param>
    /// <returns>The entry, without its attributes and device numbers.</returns>
    /// <exception cref="CorruptDataException">It is no record.</exception>
    internal static TreeEntry Parse(ReadOnlySpan<byte> record, BytePath under, string engine)
    {
        int end = record.IndexOf("//"u8);
        int last = end < 0 ? -1 : record[(end + 2)..].IndexOf("//"u8);
        if (last < 0)
        {
            throw Damaged(record, engine);
        }

        string[] values = Encoding.ASCII.GetString(record.Slice(end + 2, last)).Split(' ');
        if (values.Length != 9 || TypeOf(values[0]) is not { } type
            || !int.TryParse(values[1].AsSpan(), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            || !ulong.TryParse(values[2], NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode)
            || !uint.TryParse(values[3], NumberStyles.None, CultureInfo.InvariantCulture, out uint links)
            || !long.TryParse(values[4], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            || !uint.TryParse(values[5], NumberStyles.None, CultureInfo.InvariantCulture, out uint user)
            || !uint.TryParse(values[6], NumberStyles.None, CultureInfo.InvariantCulture, out uint group)
            || TryTime(values[7]) is not { } modified || TryTime(values[8]) is not { } changed)
        {
            throw Damaged(record, engine);
        }

        BytePath path = end == 0 ? under : under.Append(new BytePath(record[..end].ToArray()));
        bool isSized = type is TreeEntryType.File or TreeEntryType.SymbolicLink;
        return new TreeEntry(path, type, Convert.ToInt32(values[1], 8), user, group, isSized ? size : 0, modified)
        {
            LinkTarget = type == TreeEntryType.SymbolicLink ? record[(end + 2 + last + 2)..].ToArray() : default,
            FileId = inode,
            LinkCount = links,
            ChangedAt = changed,
        };
    }

    /// <summary>Reads seconds and their fraction, <c>-12.5000000000</c>; null if it is none.</summary>
    internal static UnixTime? TryTime(string text)
    {
        int point = text.IndexOf('.', StringComparison.Ordinal);
        string fraction = point < 0 ? "" : text[(point + 1)..];
        if (!long.TryParse(point < 0 ? text : text[..point], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds)
            || !fraction.All(char.IsAsciiDigit))
        {
            return null;
        }

        int nanoseconds = int.Parse(fraction.PadRight(9, '0').AsSpan(0, 9), NumberStyles.None, CultureInfo.InvariantCulture);
        bool isBefore = text[0] == '-' && nanoseconds > 0;
        return isBefore ? new UnixTime(seconds - 1, 1_000_000_000 - nanoseconds) : new UnixTime(seconds, nanoseconds);
    }

    private static TreeEntryType? TypeOf(string letter) => letter switch
    {
        "f" => TreeEntryType.File,
        "d" => TreeEntryType.Directory,
        "l" => TreeEntryType.SymbolicLink,
        "p" => TreeEntryType.Fifo,
        "s" => TreeEntryType.Socket,
        "b" => TreeEntryType.BlockDevice,
        "c" => TreeEntryType.CharacterDevice,
        _ => null,
    };

    private static CorruptDataException Damaged(ReadOnlySpan<byte> record, string engine)
        => new("the output of 'find'", null, $"'{new BytePath(record.ToArray())}' is no entry") { Engine = engine };
}
