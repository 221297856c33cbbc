using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>Reads what <c>filefrag -v -b4096</c> writes of a file that it was given as its standard input, so that no name is in it.</summary>
internal static partial class FragmentList
{
    private const int Block = 4096;

    /// <summary>The data, ascending, joined and inside the file. What was preallocated and not written is a hole.</summary>
    /// <exception cref="CorruptDataException">The list is not in order.</exception>
    internal static IReadOnlyList<Extent> Parse(ReadOnlySpan<byte> output, long size)
    {
        var extents = new List<Extent>();
        foreach (string line in Encoding.Latin1.GetString(output).Split('\n'))
        {
            Match match = Line().Match(line);
            if (!match.Success || match.Groups["flags"].Value.Split(',').Contains("unwritten"))
            {
                continue;
            }

            long start = Number(match, "first") * Block, end = Math.Min((Number(match, "last") + 1) * Block, size);
            if (start >= end)
            {
                continue; // preallocated behind the end
            }

            if (extents.Count > 0 && start < extents[^1].End)
            {
                throw new CorruptDataException("the output of 'filefrag'", null, "the extents are not in order") { Engine = BtrfsEngineFactory.SchemeName };
            }

            if (extents.Count > 0 && start == extents[^1].End)
            {
                extents[^1] = Extent.FromBounds(extents[^1].Offset, end);
            }
            else
            {
                extents.Add(Extent.FromBounds(start, end));
            }
        }

        return extents;
    }

    private static long Number(Match match, string name)
        => long.TryParse(match.Groups[name].Value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number < long.MaxValue / Block
            ? number : throw new CorruptDataException("the output of 'filefrag'", null, $"'{match.Value}' is no extent") { Engine = BtrfsEngineFactory.SchemeName };

    [GeneratedRegex(@"^ *\d+: +(?<first>\d+)\.\. *(?<last>\d+): +\d+\.\. *\d+: +\d+:(?: +\d+:)? +(?<flags>\S*)$")]
    private static partial Regex Line();
}
