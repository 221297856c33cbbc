using System.Globalization;

namespace StorageEngines.RemoteTrees;

/// <summary>One entry as stat tells it with <see cref="Format"/>.</summary>
internal static class StatRecord
{
    /// <summary>The argument of <c>--printf</c>: the name as it was given, and numbers; mode and device in hexadecimal digits.</summary>
    internal const string Format = @"%n\0%f %i %h %s %u %g %.9Y %t %T\0";

    /// <summary>Takes the numbers apart.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="engine">The engine's name, for errors.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="CorruptDataException">They are none.</exception>
    internal static StatEntry Parse(string numbers, string engine)
    {
        string[] values = numbers.Split(' ');
        if (values.Length != 9 || !Hex(values[0], out uint mode) || !Hex(values[7], out uint major) || !Hex(values[8], out uint minor)
            || !ulong.TryParse(values[1], NumberStyles.None, CultureInfo.InvariantCulture, out ulong inode)
            || !uint.TryParse(values[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint links)
            || !long.TryParse(values[3], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            || !uint.TryParse(values[4], NumberStyles.None, CultureInfo.InvariantCulture, out uint user)
            || !uint.TryParse(values[5], NumberStyles.None, CultureInfo.InvariantCulture, out uint group)
            || FindRecord.TryTime(values[6]) is not { } modified)
        {
            throw new CorruptDataException("the output of 'stat'", null, $"'{numbers}' is no entry") { Engine = engine };
        }

        var type = (TreeEntryType)(mode >> 12);
        bool isDevice = type is TreeEntryType.BlockDevice or TreeEntryType.CharacterDevice;
        return new StatEntry(
            type, inode, type == TreeEntryType.Directory ? 1 : links, type == TreeEntryType.File ? size : 0, mode & 0xFFF, user, group, modified,
            isDevice ? ((ulong)major << 32) | minor : 0);
    }

    private static bool Hex(string text, out uint number) => uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
}
