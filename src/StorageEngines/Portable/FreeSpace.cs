using System.Runtime.InteropServices;
using StorageEngines.Posix;

namespace StorageEngines;

/// <summary>Refuses what cannot fit, before the first write. Says nothing where it cannot be known: on file systems that compress or share blocks.</summary>
internal static class FreeSpace
{
    /// <summary>Whether fewer bytes are free than are wanted, on a file system that stores data as it is. Implements: fstatfs(2).</summary>
    /// <param name="place">Anything open on the file system.</param>
    /// <param name="bytes">How much is to be stored; more than needed is fine for a first look.</param>
    /// <exception cref="PosixException">The file system does not answer.</exception>
    internal static bool IsShort(SafeHandle place, long bytes)
    {
        Statfs system = Statfs.Get(place);
        return bytes > system.FreeBytesAvailable && system.Name is not ("btrfs" or "zfs" or "bcachefs" or "f2fs" or "overlay");
    }

    /// <summary>Throws if there is not enough room.</summary>
    /// <param name="place">Anything open on the file system.</param>
    /// <param name="bytes">How much will be stored at the least.</param>
    /// <param name="operation">What is to be done, e.g. <c>apply to</c>.</param>
    /// <param name="target">Where to.</param>
    /// <exception cref="StorageEngineException">There is not.</exception>
    internal static void Require(SafeHandle place, long bytes, string operation, BytePath target)
    {
        if (IsShort(place, bytes))
        {
            throw new StorageEngineException(
                EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction,
                $"Cannot {operation} '{target}': it takes {bytes} bytes and {Statfs.Get(place).FreeBytesAvailable} are free; free some space or choose another file system. Nothing was written.")
            { Operation = operation };
        }
    }
}
