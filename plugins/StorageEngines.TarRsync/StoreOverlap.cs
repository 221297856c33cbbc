using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;

namespace StorageEngines.TarRsync;

/// <summary>A volume may hold the store, which a walk leaves out; but it may not lie within the store, since each snapshot would change it.</summary>
internal static class StoreOverlap
{
    private const int MostParents = 4096;

    /// <summary>Refuses a volume that is the store or lies within it.</summary>
    /// <exception cref="StorageEngineException">It does (InvalidArgument).</exception>
    internal static void Refuse(VolumePlace place, string storeDirectory)
    {
        FileStatus store = FileStatus.GetPath(Encoding.UTF8.GetBytes(storeDirectory));
        BytePath at = place.Kind == VolumeKind.Tree ? place.Location : place.Location.Parent;
        FileStatus last = default;
        for (int i = 0; i < MostParents; i++)
        {
            // ".." is asked of the system, because what is above depends on symbolic links.
            if (Look(at) is not { } status || IsSame(status, last))
            {
                return;
            }

            if (IsSame(status, store))
            {
                throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.NotSupported, Recovery.FixRequest,
                    $"'{place.Location}' lies within the store '{storeDirectory}', which every snapshot changes; name another volume, or another store.")
                { Engine = TarRsyncEngineFactory.SchemeName };
            }

            last = status;
            at = at.Append(new BytePath(".."u8.ToArray()));
        }
    }

    private static FileStatus? Look(BytePath path)
    {
        try
        {
            return FileStatus.GetPath(path.Span);
        }
        catch (PosixException e) when (e.Errno is Errno.EACCES or Errno.ENAMETOOLONG)
        {
            return null; // What is above may not be looked at; the store, which was just opened, is not there.
        }
    }

    private static bool IsSame(in FileStatus a, in FileStatus b)
        => a.Inode == b.Inode && a.DeviceMajor == b.DeviceMajor && a.DeviceMinor == b.DeviceMinor;
}
