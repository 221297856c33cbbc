using System.Runtime.ExceptionServices;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Walk;

/// <summary>Reads the statuses of all ordinary files of an XFS, its allocation groups side by side.</summary>
internal sealed class BulkScan
{
    private readonly DirectoryHandle _root;
    private readonly BulkStatuses _found;
    private readonly PosixTime _settled;
    private readonly int _most;
    private readonly CancellationToken _cancellationToken;
    private int _nextGroup = -1;
    private int _taken;
    private Exception? _failure;

    private BulkScan(DirectoryHandle root, BulkStatuses found, PosixTime settled, int most, CancellationToken cancellationToken)
        => (_root, _found, _settled, _most, _cancellationToken) = (root, found, settled, most, cancellationToken);

    /// <summary>Reads them.</summary>
    /// <param name="root">A directory of the file system.</param>
    /// <param name="status">Its status.</param>
    /// <param name="threads">How many may read.</param>
    /// <param name="settled">Files that changed at this time or later are left out.</param>
    /// <param name="most">When about so many files are had, the rest is left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PosixException">It cannot be, see <see cref="XfsBulkReader.TryRead"/>.</exception>
    internal static BulkStatuses Run(
        DirectoryHandle root, in FileStatus status, int threads, PosixTime settled, int most, CancellationToken cancellationToken)
    {
        var found = new BulkStatuses(in status, Statfs.Get(root).BlockSize);
        var scan = new BulkScan(root, found, settled, most, cancellationToken);
        Thread[] others = new Thread[Math.Max(threads - 1, 0)];
        for (int i = 0; i < others.Length; i++)
        {
            others[i] = new Thread(scan.Work) { IsBackground = true, Name = "bulk status" };
            others[i].Start();
        }

        scan.Work();
        Array.ForEach(others, thread => thread.Join());
        if (scan._failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return found;
    }

    private void Work()
    {
        try
        {
            var reader = new XfsBulkReader(_root);
            var part = new BulkStatuses.Part();
            bool more = true;
            while (more)
            {
                reader.GoTo((uint)Interlocked.Increment(ref _nextGroup));
                more = ReadGroup(reader, part);
                _found.Add(part);
            }
        }
        catch (Exception e) // Handed to the thread that waits, which throws it.
        {
            _failure = e;
        }
    }

    private bool ReadGroup(XfsBulkReader reader, BulkStatuses.Part part)
    {
        while (reader.TryRead())
        {
            _cancellationToken.ThrowIfCancellationRequested();
            if (reader.Found.Length == 0)
            {
                return true;
            }

            int kept = 0;
            foreach (ref readonly XfsBulkStatus file in reader.Found)
            {
                if (file.Type == FileType.Regular && file.LinkCount == 1
                    && new PosixTime(file.ChangedSeconds, (int)file.ChangedNanoseconds).CompareTo(_settled) < 0)
                {
                    part.Add(in file);
                    kept++;
                }
            }

            if (Interlocked.Add(ref _taken, kept) >= _most || _failure is not null)
            {
                return false;
            }
        }

        return false;
    }
}
