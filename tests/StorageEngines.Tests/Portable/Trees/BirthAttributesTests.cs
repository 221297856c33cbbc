using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Portable.Trees;
using StorageEngines.Posix;

namespace StorageEngines.Tests.Portable.Trees;

[SupportedOSPlatform("linux")]
public sealed class BirthAttributesTests
{
    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.SetGroup)]
    public void Every_file_has_what_the_first_of_its_directory_and_mode_had(UnixFileMode directoryMode)
    {
        using var scratch = new ScratchDirectory();
        var known = new BirthAttributes();
        foreach (string directory in new[] { "one", "two", "one" })
        {
            string parent = Path.Combine(scratch.Path, directory);
            Directory.CreateDirectory(parent);
            File.SetUnixFileMode(parent, directoryMode);
            for (int i = 0; i < 20; i++)
            {
                uint mode = (uint)(i % 10 == 0 ? 384 : 384 + i % 10); // 0600 and others, more of them than are remembered
                string path = Path.Combine(parent, $"{directory}-{Guid.NewGuid():N}");
                using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, preallocationSize: 0);
                File.SetUnixFileMode(file, (UnixFileMode)mode);
                Assert.Equal(new BirthAttributes.Attributes(FileStatus.Get(file)), known.Of(file, Encoding.UTF8.GetBytes(path), mode));
            }
        }
    }

    [Fact]
    public void A_directory_that_changed_is_asked_again()
    {
        using var scratch = new ScratchDirectory();
        var known = new BirthAttributes();
        using SafeFileHandle before = File.OpenHandle(Path.Combine(scratch.Path, "before"), FileMode.CreateNew, FileAccess.Write);
        File.SetUnixFileMode(before, UnixFileMode.UserRead);
        byte[] name = Encoding.UTF8.GetBytes(Path.Combine(scratch.Path, "name"));
        BirthAttributes.Attributes first = known.Of(before, name, 384);
        using SafeFileHandle after = File.OpenHandle(Path.Combine(scratch.Path, "after"), FileMode.CreateNew, FileAccess.Write);
        File.SetUnixFileMode(after, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Equal(first, known.Of(after, name, 384));
        known.Forget();
        Assert.NotEqual(first, known.Of(after, name, 384));
    }
}
