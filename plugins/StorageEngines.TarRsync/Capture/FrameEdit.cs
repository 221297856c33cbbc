using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Capture;

/// <summary>
/// A frame of the previous manifest with its changes, on its way into the new one: runs of unchanged entries, and between them entries that are read.
/// </summary>
internal sealed class FrameEdit
{
    private readonly List<Piece> _pieces = [];

    /// <summary>Makes one.</summary>
    /// <param name="walked">What the walk found in the frame, as <see cref="EntryStatus"/> has it.</param>
    internal FrameEdit(ByteBuffer walked) => Walked = walked;

    /// <summary>What the walk found; free for others when the edit is done.</summary>
    internal ByteBuffer Walked { get; }

    /// <summary>In order.</summary>
    internal IReadOnlyList<Piece> Pieces => _pieces;

    /// <summary>How many of them are jobs.</summary>
    internal int Jobs { get; private set; }

    /// <summary>Nobody reads for it any more.</summary>
    internal bool IsReady
    {
        get
        {
            foreach (Piece piece in _pieces)
            {
                if (piece.Job?.Work is { IsCompleted: false })
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Puts unchanged entries behind all others.</summary>
    internal void Add(UnchangedRun run) => _pieces.Add(new Piece(run, null));

    /// <summary>Puts an entry behind all others.</summary>
    internal void Add(CaptureJob job)
    {
        _pieces.Add(new Piece(null, job));
        Jobs++;
    }

    /// <summary>One of both.</summary>
    internal readonly record struct Piece(UnchangedRun? Run, CaptureJob? Job);
}
