using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Restore;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Remote;

/// <summary>
/// The staging copy of one volume of another machine, <c>staging/ID/</c> in the store: <c>content/</c> is what rsync keeps up to date, <c>state</c> the
/// last pull, <c>moved</c> the files that it wrote, <c>links</c> the further names of hard-linked files. It is no snapshot and may be removed at any time
/// at the price of a whole transfer. One process at a time has it; the store's own lock is not held meanwhile.
/// </summary>
internal sealed class Staging : IDisposable
{
    private readonly string _folder;
    private readonly SafeFileHandle _lockFile;
    private readonly FileLock _lock;

    private Staging(string folder, SafeFileHandle lockFile, FileLock held)
    {
        _folder = folder;
        _lockFile = lockFile;
        _lock = held;
    }

    /// <summary>What rsync writes to: the tree, or the directory with the image in it.</summary>
    internal BytePath Content => BytePath.FromString(Path.Combine(_folder, "content"));

    /// <summary>The list of files that the last pull wrote, and so far this one.</summary>
    internal string MovedList => Path.Combine(_folder, "moved");

    /// <summary>The list of names that are hard links to another one.</summary>
    internal string LinksList => Path.Combine(_folder, "links");

    /// <summary>The last pull; null before the first.</summary>
    internal StagingState? State => StagingState.Read(StatePath);

    private string StatePath => Path.Combine(_folder, "state");

    /// <summary>Where a store keeps its staging copies.</summary>
    internal static string Folder(string store) => Path.Combine(store, "staging");

    /// <summary>Opens a volume's staging copy, or makes an empty one, and locks it.</summary>
    /// <exception cref="StorageEngineException">Aborted/Locked: somebody else pulls the volume. Or it cannot be made.</exception>
    internal static Staging Open(string store, string volumeId)
    {
        string folder = Path.Combine(Folder(store), volumeId);
        MakeFolders(store, volumeId);
        SafeFileHandle file = FileHandle.OpenReadWrite(Encoding.UTF8.GetBytes(Path.Combine(folder, "lock")));
        if (FileLock.TryAcquire(file, exclusive: true) is { } held)
        {
            return new Staging(folder, file, held);
        }

        file.Dispose();
        throw new StorageEngineException(EngineStatus.Aborted, EngineReason.Locked, Recovery.RetryAfterBackoff,
            $"Somebody else pulls this volume to '{folder}' now; try again when that is done.")
        { Engine = TarRsyncEngineFactory.SchemeName, Operation = "pull" };
    }

    /// <summary>Removes a volume's staging copy, unless somebody uses it.</summary>
    internal static void Remove(string store, string volumeId)
    {
        if (!Directory.Exists(Path.Combine(Folder(store), volumeId)))
        {
            return;
        }

        try
        {
            using Staging unused = Open(store, volumeId);
            using BeneathRoot parent = BeneathRoot.Open(Encoding.UTF8.GetBytes(Folder(store)));
            TreeRemover.Remove(parent, Encoding.ASCII.GetBytes(volumeId));
        }
        catch (StorageEngineException e) when (e.Reason == EngineReason.Locked)
        {
            // Somebody pulls the volume again and will want it.
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "remove the staging copy", BytePath.FromString(Path.Combine(Folder(store), volumeId)));
        }
    }

    /// <summary>Writes down what is known of a pull, durably.</summary>
    internal void SetState(StagingState state)
    {
        try
        {
            using DirectoryHandle folder = DirectoryHandle.Open(Encoding.UTF8.GetBytes(_folder));
            AtomicFile.Write(folder, "state"u8, state.Format(), replace: true);
        }
        catch (PosixException e)
        {
            throw StoreErrors.From(e, $"The store's '{StatePath}' cannot be written");
        }
    }

    /// <summary>Makes what was pulled durable. Implements: syncfs(2).</summary>
    internal void Sync()
    {
        try
        {
            using BeneathRoot content = BeneathRoot.Open(Content.Span);
            content.SyncAll();
        }
        catch (PosixException e)
        {
            throw StoreErrors.From(e, $"The staging copy '{_folder}' cannot be made durable");
        }
    }

    /// <summary>The type of the file system that the copy is on.</summary>
    internal string FileSystem()
    {
        using DirectoryHandle content = DirectoryHandle.Open(Encoding.UTF8.GetBytes(_folder));
        return Statfs.Get(content).Name;
    }

    // What is in it keeps its own modes and owners, so nobody else is let in there.
    private static void MakeFolders(string store, string volumeId)
    {
        try
        {
            using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(store));
            foreach (string folder in (string[])["staging", $"staging/{volumeId}", $"staging/{volumeId}/content"])
            {
                byte[] path = Encoding.ASCII.GetBytes(folder);
                if (!root.TryGetStatus(path, out _))
                {
                    root.MakeDirectory(path);
                }
            }

            byte[] lockFile = Encoding.ASCII.GetBytes($"staging/{volumeId}/lock");
            if (!root.TryGetStatus(lockFile, out _))
            {
                root.CreateFile(lockFile).Dispose();
            }
        }
        catch (PosixException e)
        {
            throw WalkErrors.From(e, "make the staging copy", BytePath.FromString(Path.Combine(Folder(store), volumeId)));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lock.Dispose();
        _lockFile.Dispose();
    }
}
