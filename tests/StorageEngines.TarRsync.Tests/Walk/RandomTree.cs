using System.Globalization;
using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Tests.Capture;

namespace StorageEngines.TarRsync.Tests.Walk;

/// <summary>Directories with files of all kinds, sizes, owners, modes and times.</summary>
internal static class RandomTree
{
    /// <summary>Makes one in a directory.</summary>
    public static void Make(string root, Random random, int count)
    {
        List<string> directories = [root];
        List<string> files = [];
        using BeneathRoot modes = BeneathRoot.Open(Encoding.UTF8.GetBytes(root));
        for (int i = 0; i < count; i++)
        {
            string path = Path.Combine(directories[random.Next(directories.Count)], Name(random, i));
            switch (random.Next(20))
            {
                case 0:
                    Directory.CreateDirectory(path);
                    directories.Add(path);
                    break;
                case 1:
                    File.CreateSymbolicLink(path, new string('t', random.Next(1, 900)));
                    break;
                case 2 when files.Count > 0:
                    EngineScratch.Run("ln", files[random.Next(files.Count)], path);
                    break;
                case 3 when i % 10 == 0:
                    EngineScratch.Run("mknod", path, "c", random.Next(200).ToString(CultureInfo.InvariantCulture), random.Next(100_000).ToString(CultureInfo.InvariantCulture));
                    break;
                default:
                    MakeFile(random, path);
                    modes.SetMode(Encoding.UTF8.GetBytes(Path.GetRelativePath(root, path)), (uint)random.Next(0x1000));
                    files.Add(path);
                    break;
            }
        }
    }

    private static string Name(Random random, int number)
        => string.Create(CultureInfo.InvariantCulture, $"{new string((char)random.Next('a', 'z'), random.Next(0, 40))} ä{number}");

    private static void MakeFile(Random random, string path)
    {
        using (FileStream file = File.Create(path))
        {
            byte[] data = new byte[random.Next(4) == 0 ? 0 : random.Next(20_000)];
            random.NextBytes(data);
            file.Position = random.Next(10) == 0 ? random.NextInt64(1L << 23) : 0;
            file.Write(data);
        }

        if (random.Next(4) == 0)
        {
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddSeconds(random.Next()).AddTicks(random.Next(10_000_000)));
        }

        if (random.Next(50) == 0)
        {
            EngineScratch.Run("chown", $"{random.Next(100_000)}:{random.Next(100_000)}", path);
        }
    }
}
