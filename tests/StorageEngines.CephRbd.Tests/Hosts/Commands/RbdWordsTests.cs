using StorageEngines.CephRbd.Hosts.Commands;

namespace StorageEngines.CephRbd.Tests.Hosts.Commands;

public sealed class RbdWordsTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("rbd: create error: (17) File exists\n2026-11-20T23:49:06.403+0000 7f70a989b380 -1 librbd: rbd image d1 already exists\n\n", "rbd: create error: (17) File exists")]
    [InlineData("2026-11-20T23:49:06.883+0000 7efd9e13d6c0 -1 librbd::image::CloneRequest: 0x563f validate_parent: parent snapshot must be protected\n\nrbd: clone error: (22) Invalid argument", "rbd: clone error: (22) Invalid argument")]
    [InlineData("rbd: x -1 librbd::api::Group: y\nz", "z")]
    [InlineData("\rRemoving snap: 0% complete...failed.\nrbd: failed to remove snapshot: (2) No such file or directory", "rbd: failed to remove snapshot: (2) No such file or directory")]
    [InlineData("Rolling back to snapshot: 25% complete...Rolling back to snapshot: 100% complete...done.", "")]
    [InlineData("rbd: same\nrbd: same\nrbd: other", "rbd: same\nrbd: other")]
    [InlineData("rbd: snapshot 'A: 5% of b' is protected from removal.", "rbd: snapshot 'A: 5% of b' is protected from removal.")]
    public void Only_what_rbd_says_is_left(string errors, string words) => Assert.Equal(words, RbdWords.Clean(errors));
}
