using System.Globalization;
using System.Text;
using StorageEngines.RemoteShells;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Streams;
using StorageEngines.Zfs.Transfer;

namespace StorageEngines.Zfs.Blocks;

/// <summary>
/// Leaves out large holes that the base had too. ZFS tells every hole again that lies beside a change, so that a volume which is hardly written to is nearly all of it told; to zero that anew
/// would cost with the size of the volume. What the base holds behind the beginning of a hole is asked with a full stream that begins there, of which the first record is read. One answer.
/// </summary>
/// <param name="baseBytes">The size of the base.</param>
/// <param name="nextData">Asks where the base has data at an offset or behind it: the greatest number if nowhere, null if that cannot be known.</param>
internal sealed class BaseHoles(long baseBytes, Func<long, long?> nextData)
{
    /// <summary>The least that is asked about, in bytes: 16 MiB, which is what ZFS may read ahead in vain for an answer (<c>zfs_send_queue_length</c>).</summary>
    internal const long WorthBytes = 16 << 20;

    /// <summary>How often is asked at most: 16 times for an answer. What comes after is told.</summary>
    internal const int MostQuestions = 16;

    // The first block that is sent, or that none was. Without zstream a block would come over; then nothing is asked.
    private const string Answer = """
         2>/dev/null | zstream dump -v 2>/dev/null | awk '/^WRITE/ { for (i = 3; i < NF; i++) if ($i == "=") v[$(i - 1)] = $(i + 1); print v["object"], v["offset"]; exit } /^END/ { print "end"; exit }'
        """;

    private int _asked;

    /// <summary>What a difference is filtered by; null if it cannot be: only a bookmark is left of the base, or its data is encrypted.</summary>
    /// <remarks>Implements: zfs-send(8) with <c>-t</c>, zstream(8).</remarks>
    internal static BaseHoles? Of(ZfsHost host, SendBase? from, CancellationToken cancellationToken)
        => from?.Snapshot is { Of.IsEncrypted: false, VolumeBytes: { } bytes } snapshot ? new BaseHoles(bytes, offset => Ask(host, snapshot, offset, cancellationToken)) : null;

    /// <summary>Leaves them out. Blocks while it asks.</summary>
    /// <param name="extents">A difference, of which each hole is one extent.</param>
    /// <param name="startingOffset">What ends here or before is not asked about.</param>
    internal IEnumerable<Extent> LeaveOut(IEnumerable<Extent> extents, long startingOffset = 0)
    {
        foreach (Extent extent in extents)
        {
            // What the base is smaller by is told in any case.
            long end = extent.State == ExtentState.Zero && extent.End > startingOffset ? Math.Min(extent.End, baseBytes) : 0;
            long next = end - extent.Offset < WorthBytes ? extent.Offset : Math.Min(end, NextData(extent.Offset));
            if (next < extent.End)
            {
                yield return Extent.FromBounds(next, extent.End, extent.State);
            }
        }
    }

    /// <summary>Joins holes that follow one another; data stays as it comes, and is the one read last when it is given.</summary>
    internal static IEnumerable<Extent> JoinHoles(IEnumerable<Extent> extents)
    {
        Extent? hole = null;
        foreach (Extent extent in extents)
        {
            if (extent.State == ExtentState.Zero && (hole is null || hole.Value.End == extent.Offset))
            {
                hole = Extent.FromBounds(hole?.Offset ?? extent.Offset, extent.End, ExtentState.Zero);
                continue;
            }

            if (hole is { } before)
            {
                yield return before;
            }

            hole = extent.State == ExtentState.Zero ? extent : null;
            if (hole is null)
            {
                yield return extent;
            }
        }

        if (hole is { } last)
        {
            yield return last;
        }
    }

    private long NextData(long offset) => _asked++ < MostQuestions ? nextData(offset) ?? offset : offset;

    private static long? Ask(ZfsHost host, ZfsSnapshot snapshot, long offset, CancellationToken cancellationToken)
    {
        var token = ResumeToken.OfVolume(snapshot, offset - (offset % snapshot.Of.BlockBytes));
        Script script = new Script().Text("! command -v zstream >/dev/null || zfs send -t").Word(Encoding.ASCII.GetBytes(token.ToString())).Text(Answer);
        return Read(Encoding.ASCII.GetString(host.AskAsync("find holes of", snapshot.FullName, script, cancellationToken).GetAwaiter().GetResult()));
    }

    /// <summary>Reads an answer.</summary>
    /// <returns>Where data is next; the greatest number if there is none; null if it says nothing.</returns>
    internal static long? Read(string told)
    {
        if (told == "end\n")
        {
            return long.MaxValue;
        }

        string[] words = told.TrimEnd('\n').Split(' ');
        return words.Length != 2 || !ulong.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) || !long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long data)
            ? null : number == ZfsChangeQuestion.VolumeData ? data : long.MaxValue; // another object: the volume's data came before it
    }
}
