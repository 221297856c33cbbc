namespace StorageEngines.Btrfs.Trees;

/// <summary>
/// Guesses what the two ways to a difference cost, from what the leaves that changed show. A send reads changed leaves only, but is slow for each change; comparing the trees
/// reads changed files and directories whole. So the send is cheaper where little changed in a file of very many extents. Microseconds, measured on one machine; only
/// their ratios count.
/// </summary>
internal sealed class PathCosts
{
    private const double PerSend = 1500;
    private const double PerSentFile = 60;
    private const double PerSentExtent = 8;
    private const double PerSentItem = 0.1;
    private const double PerItem = 0.1;
    private const double AtLeast = 1500; // less is not worth to begin anew
    private const double EnoughToGuess = 400;
    private const double NameBytes = 12;

    private double _send = PerSend;
    private double _trees;

    /// <summary>Whether a send would be cheaper than what is left to do with the trees.</summary>
    internal bool SendIsCheaper => _trees > AtLeast && _trees > _send;

    /// <summary>Whether a send would be cheaper than to go on with the extents of one file.</summary>
    /// <param name="items">Items compared so far.</param>
    /// <param name="changes">Ranges found so far.</param>
    /// <param name="part">How much of the file that is, 0 to 1.</param>
    internal static bool SendIsCheaperFor(long items, long changes, double part)
        => items * PerItem > EnoughToGuess && part is > 0 and < 1
            && items * PerItem * (1 - part) / part > PerSend + PerSentFile + (changes * PerSentExtent / part);

    /// <summary>A file or directory that changed.</summary>
    internal void File(InodeFacts after)
        => _send += PerSentFile + (after.Seen.Fresh * PerSentExtent) + (after.Seen.Count * PerSentItem);

    /// <summary>A file whose extents are still to be compared, because there are many.</summary>
    internal void Later(InodeFacts before, InodeFacts after) => _trees += PerItem * (Extents(before) + Extents(after));

    /// <summary>A directory whose names are still to be compared.</summary>
    internal void Directory(InodeItem before, InodeItem after) => _trees += PerItem * (before.SizeBytes + after.SizeBytes) / 2 / NameBytes;

    /// <summary>How many extents a file has: those that were seen lie together, and stand for the others.</summary>
    private static double Extents(InodeFacts facts)
        => facts.Seen.Count == 0 ? 0 : Math.Max(facts.Seen.Count, facts.Item.AllocatedBytes / Math.Max(1.0, (double)facts.Seen.Bytes / facts.Seen.Count));
}
