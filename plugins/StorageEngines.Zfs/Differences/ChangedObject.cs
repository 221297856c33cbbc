using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Differences;

/// <summary>A file or directory that a stream speaks of: it changed, or only lies beside one that did.</summary>
/// <param name="number">Its number: the inode.</param>
/// <param name="isDirectory">Whether it is a directory.</param>
/// <param name="node">What is stored beside it; null if that is not understood.</param>
internal sealed class ChangedObject(ulong number, bool isDirectory, NodeAttributes? node)
{
    /// <summary>The type of a regular file, symbolic link, device and so on (<c>DMU_OT_PLAIN_FILE_CONTENTS</c>).</summary>
    internal const uint File = 19;

    /// <summary>The type of a directory (<c>DMU_OT_DIRECTORY_CONTENTS</c>).</summary>
    internal const uint Directory = 20;

    private List<Piece>? _pieces = [];

    /// <summary>Its number: the inode.</summary>
    internal ulong Number => number;

    /// <summary>Whether it is a directory.</summary>
    internal bool IsDirectory => isDirectory;

    /// <summary>What is stored beside it; null if that is not understood.</summary>
    internal NodeAttributes? Node => node;

    /// <summary>Whether something was written to it for certain: a block, or attributes that have one of their own.</summary>
    internal bool IsWritten { get; set; }

    /// <summary>Whether it is the root directory.</summary>
    internal bool IsRoot => isDirectory && node?.Parent == number;

    /// <summary>Whether it has no name that can be seen.</summary>
    internal bool IsInvisible => node is { } known && (known.IsHidden || (known.IsUnlinked && !isDirectory));

    /// <summary>Adds a range.</summary>
    /// <param name="piece">The range.</param>
    /// <param name="most">The most ranges to keep; with more, none are kept.</param>
    internal void Add(Piece piece, int most)
    {
        if (_pieces is null)
        {
            return;
        }

        if (_pieces.Count > 0 && _pieces[^1] is var last && last.End == piece.Offset && last.State == piece.State && piece.End != long.MaxValue)
        {
            _pieces[^1] = last with { End = piece.End };
        }
        else if (_pieces.Count < most)
        {
            _pieces.Add(piece);
        }
        else
        {
            _pieces = null;
        }
    }

    /// <summary>The changed extents; null if there are more than were kept.</summary>
    /// <param name="baseSize">The file's size in the base; 0 if it is not there.</param>
    /// <param name="size">Its size in the target.</param>
    /// <param name="most">The most extents that are wanted.</param>
    internal IReadOnlyList<Extent>? Extents(long baseSize, long size, int most)
    {
        if (_pieces is null)
        {
            return null;
        }

        List<Extent> extents = [.. ZfsExtents.Of(new Replay(_pieces), new ZfsChangeQuestion(0, 0, number, baseSize, size)).Take(most + 1)];
        return extents.Count <= most ? extents : null;
    }

    /// <summary>A range of an object.</summary>
    /// <param name="Offset">Its first byte.</param>
    /// <param name="End">The byte after its last; <see cref="long.MaxValue"/> if it goes to the end.</param>
    /// <param name="State">What it holds.</param>
    internal readonly record struct Piece(long Offset, long End, ExtentState State);

    private sealed class Replay(List<Piece> pieces) : IObjectChanges
    {
        private int _at = -1;

        public long Offset => pieces[_at].Offset;

        public long End => pieces[_at].End;

        public ExtentState State => pieces[_at].State;

        public bool Read() => ++_at < pieces.Count;

        public CorruptDataException Damaged(string detail) => new("ZFS send stream", null, detail) { Engine = ZfsEngineFactory.SchemeName };
    }
}
