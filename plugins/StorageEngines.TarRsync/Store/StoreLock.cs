using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store;

/// <summary>The store's one writer. The kernel gives the lock back when the process ends, however it ends.</summary>
internal sealed class StoreLock : IDisposable
{
    private const int MaxOwner = 512;

    private readonly SafeFileHandle _file;
    private readonly FileLock _lock;

    private StoreLock(SafeFileHandle file, FileLock held)
    {
        _file = file;
        _lock = held;
    }

    /// <summary>Takes the lock at once or fails.</summary>
    /// <exception cref="StorageEngineException">Aborted/Locked, with the holder's name.</exception>
    internal static StoreLock Take(string path, TimeProvider time)
    {
        SafeFileHandle file;
        try
        {
            file = FileHandle.OpenReadWrite(Encoding.UTF8.GetBytes(path));
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The store's lock '{path}' cannot be opened");
        }
        try
        {
            FileLock held = FileLock.TryAcquire(file, exclusive: true) ?? throw Busy(path, ReadOwner(file));
            WriteOwner(file, time);
            return new StoreLock(file, held);
        }
        catch (PosixException error)
        {
            file.Dispose();
            throw StoreErrors.From(error, $"The store's lock '{path}' cannot be taken");
        }
        catch (StorageEngineException)
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        _lock.Dispose();
        _file.Dispose();
    }

    private static StorageEngineException Busy(string path, string owner) => new(
        EngineStatus.Aborted,
        EngineReason.Locked,
        Recovery.RetryAfterBackoff,
        $"Somebody else writes to the store: {(owner.Length == 0 ? "the owner has not said who it is" : owner)} holds '{path}'. Try again when it is done.");

    private static string ReadOwner(SafeFileHandle file)
    {
        var bytes = new byte[MaxOwner];
        return ByteText.Escape(bytes.AsSpan(0, FileHandle.ReadAt(file, bytes, 0)).TrimEnd((byte)'\n'));
    }

    private static void WriteOwner(SafeFileHandle file, TimeProvider time)
    {
        string owner = string.Create(
            CultureInfo.InvariantCulture,
            $"process {Environment.ProcessId} on {Environment.MachineName} since {time.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}\n");
        FileWriting.Truncate(file, 0);
        FileWriting.WriteAt(file, Encoding.UTF8.GetBytes(owner), 0);
    }
}
