using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Posix;

/// <summary>An advisory lock on an open file, held until disposed. It belongs to the open file, not to the process. Implements: flock(2).</summary>
internal sealed class FileLock : IDisposable
{
    private const int Shared = 1;
    private const int ExclusiveLock = 2;
    private const int NonBlocking = 4;
    private const int Unlock = 8;

    private SafeFileHandle? _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock at once, or gives null when another open file holds it. Waiting is up to the caller.</summary>
    /// <param name="file">The open file; stays the caller's, and must stay open while the lock is held.</param>
    /// <param name="exclusive">True for one holder only, false to share with other readers.</param>
    /// <exception cref="PosixException">The file cannot be locked at all.</exception>
    internal static FileLock? TryAcquire(SafeFileHandle file, bool exclusive)
    {
        int result;
        do
            result = Libc.Lock(file, (exclusive ? ExclusiveLock : Shared) | NonBlocking);
        while (result != 0 && Libc.LastError == Errno.EINTR);
        if (result == 0)
            return new FileLock(file);
        return Libc.LastError == Errno.EAGAIN ? null : throw PosixException.Last("flock");
    }

    /// <summary>Gives the lock back; the file stays open.</summary>
    public void Dispose()
    {
        // Closing the file gives the lock back as well, so a closed one needs nothing.
        if (_file is { IsClosed: false } file)
            _ = Libc.Lock(file, Unlock);
        _file = null;
    }
}
