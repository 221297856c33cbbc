using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

/// <summary>A system call failed, or a path was refused before one was made. Callers map it to their own errors by <see cref="Errno"/>.</summary>
internal sealed class PosixException : IOException
{
    /// <summary>Makes an error for one call on one path.</summary>
    /// <param name="errno">The error number, see <see cref="Posix.Errno"/>.</param>
    /// <param name="operation">The call that failed, for example <c>openat2</c>.</param>
    /// <param name="path">The path as bytes; printed losslessly. Empty when the call has none.</param>
    /// <param name="detail">A sentence that replaces the system's text, or null.</param>
    internal PosixException(int errno, string operation, ReadOnlySpan<byte> path, string? detail = null)
        : this(errno, operation, LosslessName.Format(path), detail)
    {
    }

    private PosixException(int errno, string operation, string path, string? detail)
        : base($"{operation}{(path.Length == 0 ? "" : $" '{path}'")}: {detail ?? Marshal.GetPInvokeErrorMessage(errno)} ({Posix.Errno.Name(errno)})", errno)
    {
        Errno = errno;
        Operation = operation;
        Path = path;
    }

    /// <summary>The error number, as the system gave it.</summary>
    internal int Errno { get; }

    /// <summary>The call that failed.</summary>
    internal string Operation { get; }

    /// <summary>The path in the notation of <see cref="LosslessName"/>; empty when the call has none.</summary>
    internal string Path { get; }

    /// <summary>The error of the last native call on this thread.</summary>
    internal static PosixException Last(string operation, ReadOnlySpan<byte> path = default) =>
        new(Marshal.GetLastPInvokeError(), operation, path);
}
