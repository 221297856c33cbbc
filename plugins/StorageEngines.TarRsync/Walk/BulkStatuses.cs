using System.Numerics;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Walk;

/// <summary>
/// The statuses of an XFS' ordinary files by inode number, taken in bulk before a walk. They are older than the walk's names, and a number may be of
/// another file by then, so they serve for one thing only: to see that a file is as the previous snapshot recorded it (docs/change-detection.md says why
/// that holds). What they do not prove unchanged is opened and asked anew. Not in here, and asked for by name: directories, links, devices, files
/// with several names, files that changed a short time ago, and what is beyond <see cref="MostFiles"/>.
/// </summary>
/// <remarks>XFS has inodes in chunks of 64: a chunk is a bit for each that is known, and its statuses in a row. 66 bytes per file. Filled by several threads, then read by several.</remarks>
internal sealed class BulkStatuses(in FileStatus root, long blockSize)
{
    /// <summary>The most files that are kept: 64 MiB.</summary>
    internal const int MostFiles = 1 << 20;

    private const int ChunkBits = 6;
    private readonly Dictionary<ulong, Chunk> _chunks = [];
    private readonly FileStatus _root = root;
    private readonly ulong _sectorsPerBlock = (ulong)(blockSize / 512);

    /// <summary>Files in it.</summary>
    internal int Count { get; private set; }

    /// <summary>Gives an ordinary file's status.</summary>
    /// <param name="inode">Its number; 0 is none.</param>
    /// <param name="status">The status at the time of the bulk.</param>
    /// <returns>False if it is not known.</returns>
    internal bool TryGet(ulong inode, out FileStatus status)
    {
        ulong bit = 1UL << (int)(inode % 64);
        if (!_chunks.TryGetValue(inode >> ChunkBits, out Chunk? chunk) || (chunk.Present & bit) == 0)
        {
            status = default;
            return false;
        }

        status = chunk.Page[chunk.Start + BitOperations.PopCount(chunk.Present & (bit - 1))].Expand(inode, in _root, _sectorsPerBlock);
        return true;
    }

    /// <summary>Takes over what a thread has gathered of whole groups.</summary>
    internal void Add(Part part)
    {
        lock (_chunks)
        {
            foreach (Chunk chunk in part.Chunks)
            {
                _chunks.Add(chunk.Number, chunk);
                Count += BitOperations.PopCount(chunk.Present);
            }
        }

        part.Clear();
    }

    /// <summary>What one thread gathers: inodes in the order of their numbers.</summary>
    internal sealed class Part
    {
        private const int PageLength = 4096;
        private BulkStatus[] _page = [];
        private int _used;
        private Chunk? _open;

        /// <summary>What is gathered and not taken over yet.</summary>
        internal List<Chunk> Chunks { get; } = [];

        /// <summary>Adds a file.</summary>
        internal void Add(in XfsBulkStatus file)
        {
            ulong number = file.Inode >> ChunkBits;
            if (_open is null || _open.Number != number)
            {
                if (_page.Length - _used < 1 << ChunkBits)
                {
                    (_page, _used) = (GC.AllocateUninitializedArray<BulkStatus>(PageLength), 0);
                }

                Chunks.Add(_open = new Chunk(number, _page, _used));
            }

            _open.Present |= 1UL << (int)(file.Inode % 64);
            _page[_used++] = new BulkStatus(in file);
        }

        /// <summary>Starts anew, with what is left of the memory.</summary>
        internal void Clear()
        {
            Chunks.Clear();
            _open = null;
        }
    }

    /// <summary>64 inode numbers.</summary>
    internal sealed class Chunk(ulong number, BulkStatus[] page, int start)
    {
        internal ulong Number { get; } = number;

        internal BulkStatus[] Page { get; } = page;

        internal int Start { get; } = start;

        internal ulong Present { get; set; }
    }
}
