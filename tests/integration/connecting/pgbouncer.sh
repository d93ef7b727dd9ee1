# Puts PgBouncer of one of Debian's releases, with the libraries of that release, into a folder.
# Arguments: the folder, the release, its packages.
set -eu
cd "$1"
release=$2
shift 2

mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/*$')
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $mirror $release main" > sources.list
mkdir -p lists/partial cache/archives/partial

# Apart from the machine's own packages and sources.
apt() {
    apt-get -qq -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$PWD/lists" -o Dir::Cache="$PWD/cache" -o APT::Sandbox::User=root \
        -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}
apt update
apt download "$@"
for package in *.deb; do
    dpkg -x "$package" unpacked
done
rm -rf lists cache ./*.deb

# The release may have another C library than this machine.
libraries=$(ls -d "$PWD"/unpacked/lib/*-linux-gnu "$PWD"/unpacked/usr/lib/*-linux-gnu | paste -sd:)
loader=$(find "$PWD/unpacked" -name 'ld-linux*.so.*' -type f | head -n1)
echo "#!/bin/sh
exec '$loader' --library-path '$libraries' '$PWD/unpacked/usr/sbin/pgbouncer' \"\$@\"" > pgbouncer
chmod +x pgbouncer
